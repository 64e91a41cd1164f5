// Options that several verbs take when they replay, and mean the same by. How the program is
// started for that is said by others (start_options.h).
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

// `help`: how many of what, and what then.
inline Option rate_option(std::string help, std::string fallback = "") {
  return {.name = "rate",
          .value = Value::kCount,
          .argument = "PERCENT",
          .help = std::move(help),
          .fallback = std::move(fallback),
          .most = 100};
}

inline Option alone_option() {
  return {.name = "alone",
          .help =
              "Start the program anew for every question of the search, too, instead of making "
              "copies of one that has started"};
}

}  // namespace crashreel
