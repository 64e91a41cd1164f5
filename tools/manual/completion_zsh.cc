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

constexpr Fillings kActions = {.before_words = "(",
                               .after_words = ")",
                               .file = "_files",
                               .folder = "_files -/",
                               .program = "_command_names -e",
                               .nothing = " "};

std::string specification(const Option& option) {
  std::string tail = "'[" + escaped(option.help) + "]";
  if (option.value != Value::kSwitch) {
    tail += ":" + escaped(option.argument) + ":" + filling_of(option.argument, kActions);
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

std::string words_choice(const std::vector<VerbWord>& words) {
  std::string lines = "      choices=(";
  for (const VerbWord& word : words) {
    lines += "\n        '" + escaped(word.word) + ":" + escaped(word.summary) + "'";
  }
  return lines +
         "\n      )\n      if [[ $PREFIX != -* ]]; then\n        _describe 'verb' choices\n" +
         "        return\n      fi\n";
}

std::string arguments_case(const Moment& moment) {
  std::string lines = "    '" + moment.typed + "')\n";
  if (!moment.words.empty()) lines += words_choice(moment.words);
  lines += "      _arguments -S" + specifications(moment.options);
  for (const Operand& operand : moment.operands) {
    lines += std::string(" \\\n        '") + (operand.many ? "*" : "") + ":" +
             escaped(operand.name) + ":" + filling_of(operand.name, kActions) + "'";
  }
  return lines + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(std::span<const Verb* const> verbs) {
  const std::vector<Moment> moments = moments_of(verbs);
  std::string cases;
  for (const Moment& moment : moments) cases += arguments_case(moment);
  return kZshBegin + ("  halves=(" + first_halves(moments) + ")") + kFindVerb + cases + kZshEnd;
}

}  // namespace crashreel
