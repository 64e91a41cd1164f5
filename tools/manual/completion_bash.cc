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

constexpr Fillings kCalls = {.before_words = "_crashreel_words '",
                             .after_words = "'",
                             .file = "_crashreel_files -f",
                             .folder = "_crashreel_files -d",
                             .program = "_crashreel_files -c",
                             .nothing = ""};

std::string operand_action(const std::vector<Operand>& operands) {
  static constexpr std::string_view kFiles = "_crashreel_files ";
  if (operands.empty()) return "";
  const std::string call = filling_of(operands.back().name, kCalls);
  return call.starts_with(kFiles) ? call.substr(kFiles.size()) : "";
}

std::string value_cases(const std::string& verb, const std::vector<Option>& options) {
  std::string cases;
  for (const Option& option : options) {
    if (option.value == Value::kSwitch) continue;
    std::string pattern = "'" + verb + " --" + option.name + "'";
    if (option.letter != 0) pattern += " | '" + verb + " -" + option.letter + "'";
    const std::string call = filling_of(option.argument, kCalls);
    cases += "    " + pattern + ") " + (call.empty() ? "" : call + "; ") + "return ;;\n";
  }
  return cases;
}

std::string option_words(const std::vector<Option>& options) {
  std::string words;
  for (const Option& option : options) words += (words.empty() ? "--" : " --") + option.name;
  return words;
}

std::string verb_case(const Moment& moment) {
  std::string text = "    '" + moment.typed + "') ";
  if (!moment.words.empty()) {
    std::string words;
    for (const VerbWord& word : moment.words) words += (words.empty() ? "" : " ") + word.word;
    text += "if [[ $current != -* ]]; then _crashreel_words '" + words + "'; return; fi; ";
  }
  text += "options='" + option_words(moment.options) + "'";
  if (moment.words.empty()) text += " operand='" + operand_action(moment.operands) + "'";
  return text + " ;;\n";
}

}  // namespace

std::string bash_completion(std::span<const Verb* const> verbs) {
  const std::vector<Moment> moments = moments_of(verbs);
  std::string values;
  std::string verb_cases;
  for (const Moment& moment : moments) {
    values += value_cases(moment.typed, moment.options);
    verb_cases += verb_case(moment);
  }
  std::string script = kBashBegin;
  const std::string variables = "local verb='' ";
  script.insert(script.find(variables) + variables.size(),
                "halves='" + first_halves(moments) + "' ");
  return script + "  case \"$verb $previous\" in\n" + values + "  esac\n  case $verb in\n" +
         verb_cases + "  esac\n" + kBashEnd;
}

}  // namespace crashreel
