// Options that several verbs take when they replay, and mean the same by.
#pragma once

#include <string>
#include <utility>

#include "tools/verb.h"

namespace crashreel {

// `help`: tries of what.
inline Option tries_option(std::string help, std::string fallback) {
  return {.name = "tries",
          .value = Value::kCount,
          .argument = "N",
          .help = std::move(help),
          .fallback = std::move(fallback),
          .most = 1'000'000};
}

inline Option jobs_option(std::string help = "How many replays at a time") {
  return {.name = "jobs",
          .value = Value::kCount,
          .argument = "N",
          .help = std::move(help),
          .fallback = "1",
          .most = 1024};
}

inline Option max_time_option(std::string help) {
  return {.name = "max-time",
          .value = Value::kCount,
          .argument = "SECONDS",
          .help = std::move(help),
          .most = 100'000'000};
}

inline Option alone_option() {
  return {.name = "alone",
          .help =
              "Start the program anew for every question of the search, too, instead of making "
              "copies of one that has started"};
}

inline Option target_option() {
  return {.name = "target",
          .value = Value::kChoice,
          .argument = "player|external",
          .help =
              "Who feeds the program: a player inside it, in virtual time, or crashreel from "
              "outside, over real sockets in real time; unless said, a player wherever one can be "
              "loaded (not into static programs, Go's and set-user-ID ones)"};
}

inline Option no_sandbox_option() {
  return {.name = "no-sandbox",
          .help =
              "Let the program see, and write to, what you may: for a program that does not "
              "start otherwise, and a reel that you trust"};
}

inline Option allow_write_option() {
  return {.name = "allow-write",
          .value = Value::kText,
          .argument = "PATH",
          .help = "A file or folder that the program may write to, beside a folder of its own",
          .repeated = true};
}

inline Option leaks_option() {
  return {.name = "leaks",
          .help =
              "What LeakSanitizer finds when all inputs are taken is a crash, 'leak', of a program "
              "that has it; unless said, where the reel's own crash is one"};
}

inline Option memory_option() {
  return {.name = "memory",
          .value = Value::kSize,
          .argument = "SIZE",
          .help =
              "No more memory than this for the program and all that it starts, as production "
              "had it: more is a crash of its own, 'memory limit'. By a cgroup, where one can be "
              "made; else three quarters of the machine's at most"};
}

}  // namespace crashreel
