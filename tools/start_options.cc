#include "tools/start_options.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "harness/sandbox.h"
#include "harness/target.h"

namespace crashreel {
namespace {

Option target_option() {
  return {.name = "target",
          .value = Value::kChoice,
          .argument = "player|external",
          .help =
              "Who feeds the program: a player inside it, in virtual time, or crashreel from "
              "outside, over real sockets in real time; unless said, a player wherever one can be "
              "loaded (not into static programs, Go's and set-user-ID ones)"};
}

Option leaks_option() {
  return {.name = "leaks",
          .help =
              "What LeakSanitizer finds when all inputs are taken is a crash, 'leak', of a program "
              "that has it; unless said, where the reel's own crash is one"};
}

bool starts_programs(const Verb& verb) {
  return std::any_of(verb.options.begin(), verb.options.end(),
                     [](const Option& one) { return one.name == "no-sandbox"; });
}

Result<Sandbox> sandbox_of(const Arguments& arguments) {
  Sandbox sandbox;
  sandbox.enabled = !arguments.has("no-sandbox");
  sandbox.writable = arguments.all("allow-write");
  for (const std::string& path : sandbox.writable) {
    if (::access(path.c_str(), F_OK) == 0) continue;
    return Error{Trouble::kUsage, "'--allow-write " + path +
                                      "': there is no such file or "
                                      "folder; make it first"};
  }
  if (!arguments.has("memory")) return sandbox;
  sandbox.limits.memory_bytes = arguments.size("memory");
  if (sandbox.enabled) return sandbox;
  return Error{Trouble::kUsage, "'--memory' is a limit of the sandbox; leave out '--no-sandbox'"};
}

Feeding feeding_of(const Arguments& arguments) {
  if (!arguments.has("target")) return Feeding::kAsPossible;
  return arguments.text("target") == "external" ? Feeding::kOutside : Feeding::kPlayer;
}

}  // namespace

std::vector<Option> sandbox_options() {
  return {
      {.name = "no-sandbox",
       .help = "Let the program see, and write to, what you may: for a program that does not "
               "start otherwise, and a reel that you trust"},
      {.name = "allow-write",
       .value = Value::kText,
       .argument = "PATH",
       .help = "A file or folder that the program may write to, beside a folder of its own",
       .repeated = true},
      {.name = "memory",
       .value = Value::kSize,
       .argument = "SIZE",
       .help = "No more memory than this for the program and all that it starts, as production "
               "had it: more is a crash of its own, 'memory limit'. By a cgroup, where one can be "
               "made; else three quarters of the machine's at most"}};
}

std::vector<Option> start_options() {
  return joined({{target_option()}, sandbox_options()});
}

std::vector<Option> start_options_with_leaks() {
  return joined({start_options(), {leaks_option()}});
}

Result<void> heed_start_options(const Verb& verb, const Arguments& arguments) {
  if (!starts_programs(verb)) return {};
  const Result<Sandbox> sandbox = sandbox_of(arguments);
  if (!sandbox) return sandbox.error();
  choose_sandbox(*sandbox);
  if (arguments.has("leaks")) seek_leaks();
  choose_feeding(feeding_of(arguments));
  return {};
}

}  // namespace crashreel
