// Where does what is said go?
//
// Results to stdout, narration to stderr, colour only to a terminal that wants it. Verbs speak
// through here alone, so that the rule is kept in one place.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

struct ConsoleOptions {
  bool json = false;
  bool quiet = false;
  // Where the object of a --json run goes instead of stdout: a verb asks another one.
  nlohmann::ordered_json* answer_into = nullptr;
  // Names what the programs that were started had to go without (harness/sandbox.h); told in the
  // object of a --json run as "sandbox_lacks", where there is any.
  std::vector<std::string> (*gone_without)() = nullptr;
  // Says why a program was fed from outside, and what it went without (harness/target.h); told as
  // "fed_from_outside", where one was.
  std::string (*fed_from_outside)() = nullptr;
};

class Console {
 public:
  explicit Console(ConsoleOptions options);

  bool json() const { return options_.json; }
  bool quiet() const { return options_.quiet; }

  // The result, to stdout.
  void print(std::string_view text);
  // The one JSON object of a --json run. Called once.
  void answer(const nlohmann::ordered_json& object);
  bool answered() const { return answered_; }

  // Narration, to stderr: what is being done, what was noticed. Silent with --quiet. Mostly one
  // line; others are indented.
  void say(std::string_view text);
  // Trouble, to stderr, never silent.
  void complain(std::string_view text);

  // For text that goes to stdout.
  std::string strong(std::string_view text) const;
  std::string faint(std::string_view text) const;
  std::string alarming(std::string_view text) const;

  // Width of stdout in columns: the terminal's, else 100.
  std::size_t columns() const;
  bool narrates_on_terminal() const { return terminal_err_; }

  // Everything printed has reached stdout; an error when it did not (a full disk).
  Result<void> finish();

 private:
  std::string painted(const char* colour, std::string_view text) const;

  ConsoleOptions options_;
  bool terminal_err_;
  bool colour_out_;
  bool colour_err_;
  bool answered_ = false;
};

}  // namespace crashreel
