#include "tools/arguments.h"
#include "tools/help.h"
#include "tools/manual/completion.h"

namespace crashreel {
namespace {

constexpr char kFishBegin[] =
    R"fish(# fish completion of crashreel, made by 'crashreel --completion=fish'.
function __crashreel_verb --description 'The verb that was typed; "program" behind --'
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb
    for word in $words
        if test "$word" = --
            echo program
            return
        end
        if string match -q -- '-*' $word
            continue
        end
        if test -z "$verb"
            set verb $word
        else if contains -- $verb $__crashreel_halves
            set verb "$verb $word"
        end
    end
    echo $verb
end

function __crashreel_is --description 'Is this the verb that was typed?'
    test "$(__crashreel_verb)" = "$argv"
end

function __crashreel_program --description 'What the command line behind -- is completed with'
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words)
    set -e words[1..$dashes]
    complete -C (string join ' ' -- $words (commandline -ct))
end

complete -c crashreel -f
complete -c crashreel -n '__crashreel_is program' -a '(__crashreel_program)'
)fish";

std::string in_quotes(const std::string& text) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe + "'";
}

// "complete", where that is the verb.
std::string rule(const std::string& verb) {
  return "complete -c crashreel -n " + in_quotes("__crashreel_is '" + verb + "'");
}

std::string filling(const std::string& argument) {
  switch (completed_with(argument)) {
    case Completed::kWords:
      return " -a " + in_quotes(choices_of(argument));
    case Completed::kFile:
      return " -F";
    case Completed::kFolder:
      return " -a '(__fish_complete_directories)'";
    case Completed::kProgram:
      return " -a '(__fish_complete_command)'";
    case Completed::kNothing:
      break;
  }
  return "";
}

std::string option_rules(const std::string& verb, const std::vector<Option>& options) {
  std::string lines;
  for (const Option& option : options) {
    lines += rule(verb) + " -l " + option.name;
    if (option.letter != 0) lines += std::string(" -s ") + option.letter;
    if (option.value != Value::kSwitch) lines += " -r" + filling(option.argument);
    lines += " -d " + in_quotes(option.help) + "\n";
  }
  return lines;
}

std::string word_rules(std::span<const Verb* const> verbs, const std::string& first) {
  std::string lines;
  for (const VerbWord& word : verb_words(verbs, first)) {
    lines += rule(first) + " -a " + word.word + " -d " + in_quotes(word.summary) + "\n";
  }
  return lines;
}

}  // namespace

std::string fish_completion(std::span<const Verb* const> verbs) {
  std::string halves = "set -g __crashreel_halves";
  std::string rules = word_rules(verbs, "") + option_rules("", options_without_verb());
  for (const std::string& half : first_halves(verbs)) {
    halves += " " + half;
    rules += word_rules(verbs, half) + option_rules(half, common_options());
  }
  for (const Verb* verb : verbs) {
    rules += option_rules(verb->name, all_options(*verb));
    if (!verb->operands.empty()) {
      const std::string files = filling(verb->operands.back().name);
      if (!files.empty()) rules += rule(verb->name) + files + "\n";
    }
  }
  return kFishBegin + halves + "\n" + rules;
}

}  // namespace crashreel
