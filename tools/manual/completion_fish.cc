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

constexpr Fillings kRules = {.before_words = " -a '",
                             .after_words = "'",
                             .file = " -F",
                             .folder = " -a '(__fish_complete_directories)'",
                             .program = " -a '(__fish_complete_command)'",
                             .nothing = ""};

std::string option_rules(const std::string& verb, const std::vector<Option>& options) {
  std::string lines;
  for (const Option& option : options) {
    lines += rule(verb) + " -l " + option.name;
    if (option.letter != 0) lines += std::string(" -s ") + option.letter;
    if (option.value != Value::kSwitch) lines += " -r" + filling_of(option.argument, kRules);
    lines += " -d " + in_quotes(option.help) + "\n";
  }
  return lines;
}

std::string rules_of(const Moment& moment) {
  std::string lines;
  for (const VerbWord& word : moment.words) {
    lines += rule(moment.typed) + " -a " + word.word + " -d " + in_quotes(word.summary) + "\n";
  }
  lines += option_rules(moment.typed, moment.options);
  if (moment.operands.empty()) return lines;
  const std::string files = filling_of(moment.operands.back().name, kRules);
  return files.empty() ? lines : lines + rule(moment.typed) + files + "\n";
}

}  // namespace

std::string fish_completion(std::span<const Verb* const> verbs) {
  const std::vector<Moment> moments = moments_of(verbs);
  std::string rules;
  for (const Moment& moment : moments) rules += rules_of(moment);
  const std::string halves = first_halves(moments);
  return kFishBegin + ("set -g __crashreel_halves" + (halves.empty() ? "" : " " + halves) + "\n") +
         rules;
}

}  // namespace crashreel
