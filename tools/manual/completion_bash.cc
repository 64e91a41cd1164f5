#include "tools/arguments.h"
#include "tools/help.h"
#include "tools/manual/completion.h"

namespace crashreel {
namespace {

// Leaves the verb in $verb, the word under the cursor in $current and the one before in $previous;
// bash makes words of its own of '=' in "--kind=stdin".
constexpr char kBashBegin[] =
    R"bash(# bash completion of crashreel, made by 'crashreel --completion=bash'.
_crashreel_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_crashreel_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}

_crashreel() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb='' options='' operand='' i word
  COMPREPLY=()
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $word == -- ]]; then
      if declare -F _command_offset >/dev/null; then
        _command_offset $((i + 1))
      elif ((i + 1 == COMP_CWORD)); then
        _crashreel_files -c
      else
        _crashreel_files -f
      fi
      return
    fi
    if [[ $word == -* ]]; then continue; fi
    if [[ -z $verb ]]; then
      verb=$word
    elif [[ " $halves " == *" $verb "* ]]; then
      verb="$verb $word"
    fi
  done
)bash";

constexpr char kBashEnd[] = R"bash(  if [[ $current == -* ]]; then
    _crashreel_words "$options"
  elif [[ -n $operand ]]; then
    _crashreel_files "$operand"
  fi
}
complete -F _crashreel crashreel
)bash";

// How the values of an option, or operands, are completed; empty: not at all.
std::string call_for(const std::string& argument) {
  switch (completed_with(argument)) {
    case Completed::kWords:
      return "_crashreel_words '" + choices_of(argument) + "'";
    case Completed::kFile:
      return "_crashreel_files -f";
    case Completed::kFolder:
      return "_crashreel_files -d";
    case Completed::kProgram:
      return "_crashreel_files -c";
    case Completed::kNothing:
      break;
  }
  return "";
}

std::string operand_action(const Verb& verb) {
  if (verb.operands.empty()) return "";
  const std::string call = call_for(verb.operands.back().name);
  return call.starts_with("_crashreel_files ") ? call.substr(17) : "";
}

std::string value_cases(const std::string& verb, const std::vector<Option>& options) {
  std::string cases;
  for (const Option& option : options) {
    if (option.value == Value::kSwitch) continue;
    std::string pattern = "'" + verb + " --" + option.name + "'";
    if (option.letter != 0) pattern += " | '" + verb + " -" + option.letter + "'";
    const std::string call = call_for(option.argument);
    cases += "    " + pattern + ") " + (call.empty() ? "" : call + "; ") + "return ;;\n";
  }
  return cases;
}

std::string option_words(const std::vector<Option>& options) {
  std::string words;
  for (const Option& option : options) words += (words.empty() ? "--" : " --") + option.name;
  return words;
}

std::string verb_case(std::span<const Verb* const> verbs, const std::string& first) {
  std::string words;
  for (const VerbWord& word : verb_words(verbs, first)) {
    words += (words.empty() ? "" : " ") + word.word;
  }
  return "    '" + first + "') if [[ $current != -* ]]; then _crashreel_words '" + words +
         "'; return; fi; options='" +
         option_words(first.empty() ? options_without_verb() : common_options()) + "' ;;\n";
}

}  // namespace

std::string bash_completion(std::span<const Verb* const> verbs) {
  std::string halves;
  std::string values = value_cases("", options_without_verb());
  std::string verb_cases = verb_case(verbs, "");
  for (const std::string& half : first_halves(verbs)) {
    halves += (halves.empty() ? "" : " ") + half;
    verb_cases += verb_case(verbs, half);
  }
  for (const Verb* verb : verbs) {
    const std::vector<Option> options = all_options(*verb);
    values += value_cases(verb->name, options);
    verb_cases += "    '" + verb->name + "') options='" + option_words(options) + "' operand='" +
                  operand_action(*verb) + "' ;;\n";
  }
  std::string script = kBashBegin;
  const std::string variables = "local verb='' ";
  script.insert(script.find(variables) + variables.size(), "halves='" + halves + "' ");
  return script + "  case \"$verb $previous\" in\n" + values + "  esac\n  case $verb in\n" +
         verb_cases + "  esac\n" + kBashEnd;
}

}  // namespace crashreel
