// The crashreel command: splits the line at the verb, runs it, tells how it went. Everything below
// passes trouble up as values; the one `catch` is here.

#include <unistd.h>

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "harness/sandbox.h"
#include "harness/target.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/help.h"
#include "tools/json.h"
#include "tools/manual/completion.h"
#include "tools/manual/man_page.h"
#include "tools/start_options.h"
#include "tools/suggest.h"
#include "tools/verb.h"
#include "tools/verbs.h"

namespace crashreel {
namespace {

using Words = std::vector<std::string>;

bool is_option(const std::string& word) {
  return word.starts_with("-");
}

// What can be asked without a verb; --help every verb has.
const Verb& no_verb() {
  static const Verb verb = [] {
    Verb none;
    for (const Option& option : options_without_verb()) {
      if (option.name != "help") none.options.push_back(option);
    }
    return none;
  }();
  return verb;
}

// "bash" in `--completion bash`.
bool is_value_without_verb(const Words& words, Words::const_iterator word) {
  if (word == words.begin() || word == words.end()) return false;
  for (const Option& option : no_verb().options) {
    if (option.value != Value::kSwitch && *(word - 1) == "--" + option.name) return true;
  }
  return false;
}

Result<int> write_manual(const std::string& folder) {
  for (const ManPage& page : man_pages(all_verbs(), CRASHREEL_VERSION)) {
    std::ofstream file(folder + "/" + page.file_name);
    file << page.text << std::flush;
    if (!file) {
      return Error{Trouble::kEnvironment, folder + "/" + page.file_name +
                                              ": can't be written; is there such a directory?"};
    }
  }
  return kExitDone;
}

// A run of the command: which verb, with which words, and how its result is told.
class Command {
 public:
  explicit Command(Words words) : words_(std::move(words)), console_(early_options(words_)) {}

  int run() {
    Result<int> status = split_at_verb() ? run_verb() : Result<int>(unknown_verb());
    if (!status) return fail(status.error());
    if (Result<void> whole = console_.finish(); !whole) return fail(whole.error());
    return *status;
  }

  int fail(const Error& error) {
    int status = exit_status_of(error.trouble);
    if (verb_->passes_status_through) status = kExitOwnTrouble;
    std::string message = error.message;
    if (error.trouble == Trouble::kUsage && !understood_) {
      message += "; see '" + called() + " --help'";
    }
    return tell_failure(message, status);
  }

  int fault(const std::string& what) {
    return tell_failure("a fault of crashreel, please report it: " + what,
                        verb_->passes_status_through ? kExitOwnTrouble : kExitFault);
  }

 private:
  // How to speak must be known before the line is understood: trouble may be with the line itself.
  static ConsoleOptions early_options(const Words& words) {
    auto end = std::find(words.begin(), words.end(), "--");
    auto given = [&](const char* word) { return std::find(words.begin(), end, word) != end; };
    return {.json = given("--json"),
            .quiet = given("--quiet") || given("-q"),
            .gone_without = gone_without,
            .fed_from_outside = outside_text};
  }

  // The verb is the first word that is no option; options before it belong to it, too. False when
  // there is such a word, but no such verb.
  bool split_at_verb() {
    auto word = std::find_if_not(words_.begin(), words_.end(), is_option);
    if (word == words_.end() || std::find(words_.begin(), word, "--") != word) return true;
    if (is_value_without_verb(words_, word)) return true;
    for (const Verb* verb : all_verbs()) {
      // The longest name wins by being tried as a whole: "corpus add" is two words.
      std::size_t name_words = verb->name.find(' ') == std::string::npos ? 1 : 2;
      if (static_cast<std::size_t>(words_.end() - word) < name_words) continue;
      std::string name = name_words == 1 ? *word : *word + " " + *(word + 1);
      if (name != verb->name) continue;
      verb_ = verb;
      words_.erase(word, word + static_cast<std::ptrdiff_t>(name_words));
      return true;
    }
    return false;
  }

  Result<int> run_verb() {
    if (verb_ == &no_verb()) return run_without_verb();
    Result<Arguments> arguments = parse_arguments(*verb_, words_);
    if (!arguments) return arguments.error();
    understood_ = true;
    if (!arguments->help()) return run_understood(*arguments);
    if (console_.json()) {
      console_.answer(json_help_of(*verb_));
    } else {
      console_.print(help_of(*verb_));
    }
    return kExitDone;
  }

  Result<int> run_understood(const Arguments& arguments) {
    const Result<void> heeded = heed_start_options(*verb_, arguments);
    if (!heeded) return heeded.error();
    Result<int> status = verb_->run(arguments, console_);
    const std::string missed = gone_without_text();
    if (!missed.empty()) console_.say(verb_->name + ": " + missed);
    const std::string outside = outside_text();
    if (!outside.empty()) console_.say(verb_->name + ": " + outside);
    return status;
  }

  Result<int> run_without_verb() {
    Result<Arguments> arguments = parse_arguments(*verb_, words_);
    if (!arguments) return arguments.error();
    if (arguments->has("version")) {
      print_version();
      return kExitDone;
    }
    if (arguments->has("completion")) {
      console_.print(completion_for(arguments->text("completion"), all_verbs()));
      return kExitDone;
    }
    if (arguments->has("manual")) return write_manual(arguments->text("manual"));
    if (!arguments->help()) return Error{Trouble::kUsage, "a verb is missing"};
    print_overview("");
    return kExitDone;
  }

  void print_version() {
    if (!console_.json()) return console_.print("crashreel " CRASHREEL_VERSION "\n");
    Json answer = new_answer("version");
    answer["version"] = CRASHREEL_VERSION;
    console_.answer(answer);
  }

  // Of all verbs whose name begins with `start`.
  void print_overview(const std::string& start) {
    std::vector<const Verb*> verbs;
    for (const Verb* verb : all_verbs()) {
      if (verb->name.starts_with(start)) verbs.push_back(verb);
    }
    if (console_.json()) return console_.answer(json_overview_of(verbs));
    console_.print(overview_of(verbs));
  }

  // Also where a word is the first half of verbs: "corpus".
  Result<int> unknown_verb() {
    auto word = std::find_if_not(words_.begin(), words_.end(), is_option);
    std::string asked = *word;
    std::vector<std::string> known;
    std::string seconds;
    for (const Verb* verb : all_verbs()) {
      known.push_back(verb->name);
      if (!verb->name.starts_with(asked + " ")) continue;
      seconds += (seconds.empty() ? "" : ", ") + verb->name.substr(asked.size() + 1);
    }
    if (!seconds.empty()) {
      bool help = std::find(words_.begin(), words_.end(), "--help") != words_.end();
      if (help) return print_overview(asked + " "), kExitDone;
      return Error{Trouble::kUsage, "'" + asked + "' needs one of: " + seconds};
    }
    std::string nearest = nearest_word(asked, known);
    return Error{Trouble::kUsage, "unknown verb '" + asked + "'" +
                                      (nearest.empty() ? "" : "; did you mean '" + nearest + "'?")};
  }

  static std::string gone_without_text() {
    std::string names;
    for (const std::string& name : gone_without()) names += (names.empty() ? "" : ", ") + name;
    return names.empty()
               ? names
               : "the program had to go without " + names + ": replay reels of strangers elsewhere";
  }

  std::string called() const {
    return verb_->name.empty() ? "crashreel" : "crashreel " + verb_->name;
  }

  int tell_failure(const std::string& message, int status) {
    console_.complain((verb_->name.empty() ? "" : verb_->name + ": ") + message);
    if (console_.json() && !console_.answered()) {
      Json answer = new_answer(verb_->name);
      answer["error"] = {{"message", message}, {"exit", status}};
      console_.answer(answer);
      // Nobody is left to tell when stdout itself is what failed.
      Result<void> told = console_.finish();
      static_cast<void>(told.has_value());
    }
    return status;
  }

  Words words_;
  Console console_;
  const Verb* verb_ = &no_verb();
  bool understood_ = false;  // trouble from here on is not with the line
};

int run_command(Words words) {
  Command command(std::move(words));
  try {
    return command.run();
  } catch (const boost::program_options::error& error) {
    return command.fail({Trouble::kUsage, error.what()});
  } catch (const std::exception& error) {
    return command.fault(error.what());
  }
}

}  // namespace
}  // namespace crashreel

int main(int argc, char** argv) {
  return crashreel::run_command({argv + std::min(argc, 1), argv + argc});
}
