// What is a verb of the command line?
//
// Data, so that parsing, help, JSON and any other generator (manual pages, shell completion) walk
// one description; and one function that does the work. A new verb is a file verb_NAME.cc with such
// a description and a line in verbs.cc. Nothing here knows reels or processes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

class Arguments;
class Console;

// What an option takes. Checked where the command line is parsed: a verb reads only good values.
enum class Value {
  kSwitch,  // nothing
  kText,    // any text, a file's name for example
  kSize,    // bytes: 64MiB, 512KiB, 1GiB, 4096
  kCount,   // a whole number from 1 to `most`
  kChoice,  // one of the words in `argument`, which are divided by '|'
};

struct Option {
  std::string name;  // without dashes
  char letter = 0;   // short form; 0: none
  Value value = Value::kSwitch;
  std::string argument{};  // what help calls the value: "FILE", "SIZE", "crash|always"
  std::string help{};      // one sentence or two, without a full stop at the end
  std::string fallback{};  // value when not given; empty: none, the verb decides
  bool required = false;
  bool repeated = false;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  // of a kCount
};

// One table of several, in this order.
inline std::vector<Option> joined(std::initializer_list<std::vector<Option>> tables) {
  std::vector<Option> all;
  for (const auto& table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

// A word that is not an option. Each is required.
struct Operand {
  std::string name;
  std::string help;
  bool many = false;  // one or more; only the last may say so
};

// May `-- PROGRAM ARGS...` follow?
enum class ProgramPart { kNone, kOptional, kRequired };

// A command line that works as it stands; all of them are run by a test.
struct Example {
  std::string command;
  std::string what;
};

struct StatusMeaning {
  int status;
  std::string meaning;
};

struct Verb {
  std::string name{};     // one or two words: "show", "corpus add"
  std::string summary{};  // one line for the list of verbs
  std::string text{};     // paragraphs, divided by empty lines
  std::vector<Operand> operands{};
  std::vector<Option> options{};  // its own; --json, --quiet and --help every verb has
  ProgramPart program = ProgramPart::kNone;
  std::vector<StatusMeaning> statuses{};  // its own; those of trouble every verb has
  std::vector<Example> examples{};
  // Own trouble is told by 125 to 127: the other statuses belong to the program that it runs.
  bool passes_status_through = false;

  // Does the work: result to the console, then the exit status; or an error for main to tell.
  Result<int> (*run)(const Arguments& arguments, Console& console) = nullptr;
};

}  // namespace crashreel
