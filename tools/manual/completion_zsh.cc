#include "tools/arguments.h"
#include "tools/help.h"
#include "tools/manual/completion.h"

namespace crashreel {
namespace {

// Leaves $words beginning with the verb, as if that were the command.
constexpr char kZshBegin[] = R"zsh(#compdef crashreel
# zsh completion of crashreel, made by 'crashreel --completion=zsh'.
_crashreel() {
  local curcontext="$curcontext" state line verb='' word i
  local -a halves choices
  typeset -A opt_args
)zsh";

constexpr char kFindVerb[] = R"zsh(
  for ((i = 2; i < CURRENT; ++i)); do
    word=$words[i]
    if [[ $word == -- ]]; then
      words=("${(@)words[i+1,-1]}")
      ((CURRENT -= i))
      _normal
      return
    fi
  done
  for ((i = 2; i < CURRENT; ++i)); do
    word=$words[i]
    if [[ $word == -* ]]; then continue; fi
    if [[ -n $verb ]]; then
      verb="$verb $word"
    else
      verb=$word
    fi
    if (( ! ${halves[(Ie)$verb]} )); then
      words=("$verb" "${(@)words[i+1,-1]}")
      ((CURRENT -= i - 1))
      break
    fi
  done
  case $verb in
)zsh";

constexpr char kZshEnd[] = R"zsh(  esac
}
_crashreel "$@"
)zsh";

// Within single quotes, and within what _arguments and _describe take apart at colons and brackets.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') safe += '\\';
      safe += c;
    }
  }
  return safe;
}

std::string action_for(const std::string& argument) {
  switch (completed_with(argument)) {
    case Completed::kWords:
      return "(" + choices_of(argument) + ")";
    case Completed::kFile:
      return "_files";
    case Completed::kFolder:
      return "_files -/";
    case Completed::kProgram:
      return "_command_names -e";
    case Completed::kNothing:
      break;
  }
  return " ";
}

std::string specification(const Option& option) {
  std::string tail = "'[" + escaped(option.help) + "]";
  if (option.value != Value::kSwitch) {
    tail += ":" + escaped(option.argument) + ":" + action_for(option.argument);
  }
  tail += "'";
  const std::string name = "--" + option.name + (option.value == Value::kSwitch ? "" : "=");
  const std::string often = option.repeated ? "*" : "";
  if (option.letter == 0) return "'" + often + "'" + name + tail;
  const std::string letter = std::string("-") + option.letter;
  const std::string apart = option.repeated ? "'*'" : "'(" + letter + " --" + option.name + ")'";
  return apart + "{" + letter + "," + name + "}" + tail;
}

std::string specifications(const std::vector<Option>& options) {
  std::string lines;
  for (const Option& option : options) lines += " \\\n        " + specification(option);
  return lines;
}

std::string verb_case(const Verb& verb) {
  std::string lines =
      "    '" + verb.name + "')\n      _arguments -S" + specifications(all_options(verb));
  for (const Operand& operand : verb.operands) {
    lines += std::string(" \\\n        '") + (operand.many ? "*" : "") + ":" +
             escaped(operand.name) + ":" + action_for(operand.name) + "'";
  }
  return lines + "\n      ;;\n";
}

// The cases in which the verb is not whole yet.
std::string words_case(std::span<const Verb* const> verbs, const std::string& first) {
  std::string lines = "    '" + first + "')\n      choices=(";
  for (const VerbWord& word : verb_words(verbs, first)) {
    lines += "\n        '" + escaped(word.word) + ":" + escaped(word.summary) + "'";
  }
  lines += "\n      )\n      if [[ $PREFIX != -* ]]; then\n        _describe 'verb' choices\n";
  lines += "        return\n      fi\n      _arguments -S" +
           specifications(first.empty() ? options_without_verb() : common_options());
  return lines + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(std::span<const Verb* const> verbs) {
  std::string halves;
  std::string cases = words_case(verbs, "");
  for (const std::string& half : first_halves(verbs)) {
    halves += " " + half;
    cases += words_case(verbs, half);
  }
  for (const Verb* verb : verbs) cases += verb_case(*verb);
  return kZshBegin + ("  halves=(" + halves.substr(halves.empty() ? 0 : 1) + ")") + kFindVerb +
         cases + kZshEnd;
}

}  // namespace crashreel
