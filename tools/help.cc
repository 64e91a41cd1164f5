#include "tools/help.h"

#include <algorithm>
#include <sstream>

#include "tools/arguments.h"
#include "tools/exit_status.h"

namespace crashreel {
namespace {

constexpr std::size_t kColumns = 90;
constexpr std::size_t kTextAt = 30;  // where the right column begins

// Words of `text` on lines that begin with `indent` spaces, the first one after `first`.
std::string wrapped(std::string first, std::size_t indent, const std::string& text) {
  std::string lines;
  std::string line = std::move(first);
  if (line.size() > indent) {
    lines = line + "\n";
    line.clear();
  }
  line.resize(indent, ' ');
  std::istringstream words(text);
  bool fresh = true;
  for (std::string word; words >> word; fresh = false) {
    if (!fresh && line.size() + 1 + word.size() > kColumns) {
      lines += line + "\n";
      line.assign(indent, ' ');
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
  }
  return lines + line + "\n";
}

std::string paragraphs(const std::string& text) {
  std::string all;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = std::min(text.find("\n\n", at), text.size());
    all += (all.empty() ? "" : "\n") + wrapped("", 0, text.substr(at, end - at));
    at = end + 2;
  }
  return all;
}

std::string term_of(const Option& option) {
  std::string term = option.letter != 0 ? std::string("  -") + option.letter + ", " : "      ";
  term += "--" + option.name;
  if (option.value != Value::kSwitch) term += " " + option.argument;
  return term + "  ";
}

std::string in_synopsis(const Option& option) {
  std::string text = option.letter != 0 ? std::string("-") + option.letter : "--" + option.name;
  if (option.value != Value::kSwitch) text += " " + option.argument;
  if (!option.required) text = "[" + text + "]";
  return option.repeated ? text + "..." : text;
}

std::string option_lines(const std::vector<Option>& options) {
  std::string lines;
  for (const Option& option : options) {
    lines += wrapped(term_of(option), kTextAt, explanation_of(option));
  }
  return lines;
}

const char* name_of(Value value) {
  switch (value) {
    case Value::kSwitch:
      return "switch";
    case Value::kText:
      return "text";
    case Value::kSize:
      return "size";
    case Value::kCount:
      return "count";
    case Value::kChoice:
      return "choice";
  }
  return "";
}

Json json_of(const Option& option) {
  Json json;
  json["name"] = option.name;
  if (option.letter != 0) json["letter"] = std::string(1, option.letter);
  json["value"] = name_of(option.value);
  if (option.value != Value::kSwitch) json["argument"] = option.argument;
  json["help"] = option.help;
  if (!option.fallback.empty()) json["default"] = option.fallback;
  json["required"] = option.required;
  json["repeated"] = option.repeated;
  return json;
}

Json json_of(const Verb& verb) {
  Json json;
  json["name"] = verb.name;
  json["summary"] = verb.summary;
  json["synopsis"] = synopsis_of(verb);
  json["text"] = verb.text;
  json["operands"] = Json::array();
  for (const Operand& operand : verb.operands) {
    json["operands"].push_back(
        {{"name", operand.name}, {"help", operand.help}, {"many", operand.many}});
  }
  json["options"] = Json::array();
  for (const Option& option : verb.options) json["options"].push_back(json_of(option));
  for (const Option& option : common_options()) json["options"].push_back(json_of(option));
  json["examples"] = Json::array();
  for (const Example& example : verb.examples) {
    json["examples"].push_back({{"command", example.command}, {"what", example.what}});
  }
  json["exit"] = Json::array();
  for (const StatusMeaning& status : statuses_of(verb)) {
    json["exit"].push_back({{"status", status.status}, {"meaning", status.meaning}});
  }
  return json;
}

}  // namespace

const std::vector<Option>& options_without_verb() {
  static const std::vector<Option> options = {
      {.name = "help", .letter = 'h', .help = "Print this help; 'crashreel VERB --help' says more"},
      {.name = "version", .help = "Print the version"},
      {.name = "completion",
       .value = Value::kChoice,
       .argument = "bash|zsh|fish",
       .help = "Print the script that completes the command line in that shell"},
      {.name = "manual",
       .value = Value::kText,
       .argument = "DIR",
       .help = "Write the manual pages into that directory, one of each verb"},
  };
  return options;
}

std::string purpose_in_a_line() {
  return "Keeps the last inputs of a production program and turns them into a minimal reproducer";
}

std::string explanation_of(const Option& option) {
  std::string help = option.help;
  if (!option.fallback.empty()) help += " (default " + option.fallback + ")";
  if (option.repeated) help += "; may be given several times";
  return help;
}

std::string synopsis_of(const Verb& verb) {
  std::string text = "crashreel " + verb.name;
  for (const Operand& operand : verb.operands) {
    text += " " + operand.name + (operand.many ? "..." : "");
  }
  for (const Option& option : verb.options) text += " " + in_synopsis(option);
  if (verb.program == ProgramPart::kRequired) text += " -- PROGRAM ARGS...";
  if (verb.program == ProgramPart::kOptional) text += " [-- PROGRAM ARGS...]";
  return text;
}

std::string help_of(const Verb& verb) {
  std::string help = wrapped("Usage:", 7, synopsis_of(verb)) + "\n";
  std::string end = verb.summary.ends_with("?") ? "" : ".";
  help += paragraphs(verb.summary + end + "\n\n" + verb.text);
  if (!verb.operands.empty()) help += "\nOperands:\n";
  for (const Operand& operand : verb.operands) {
    help += wrapped("  " + operand.name + (operand.many ? "...  " : "  "), kTextAt, operand.help);
  }
  help += "\nOptions:\n" + option_lines(verb.options) + option_lines(common_options());
  if (!verb.examples.empty()) help += "\nExamples:\n";
  for (const Example& example : verb.examples) {
    help += "  " + example.command + "\n" + wrapped("", 6, example.what);
  }
  help += "\nExit status:\n";
  for (const StatusMeaning& status : statuses_of(verb)) {
    help += wrapped("  " + std::to_string(status.status), 7, status.meaning);
  }
  return help;
}

Json json_help_of(const Verb& verb) {
  Json answer = new_answer("help");
  answer.update(json_of(verb));
  return answer;
}

std::string overview_of(std::span<const Verb* const> verbs) {
  std::string text = "Usage: crashreel VERB ...\n\n" + purpose_in_a_line() + ".\n\nVerbs:\n";
  for (const Verb* verb : verbs) text += wrapped("  " + verb->name + "  ", 16, verb->summary);
  return text + "\nOptions:\n" + option_lines(options_without_verb()) +
         "\nResults go to stdout, narration to stderr; --json makes one JSON object of any "
         "result.\n";
}

Json json_overview_of(std::span<const Verb* const> verbs) {
  Json answer = new_answer("help");
  answer["verbs"] = Json::array();
  for (const Verb* verb : verbs) answer["verbs"].push_back(json_of(*verb));
  return answer;
}

std::vector<StatusMeaning> statuses_of(const Verb& verb) {
  std::vector<StatusMeaning> statuses = verb.statuses;
  if (!verb.passes_status_through) {
    statuses.push_back(
        {kExitUsage, "The command line is wrong, or a file can't be read, understood or written"});
    statuses.push_back({kExitFault, "A fault of crashreel itself"});
  }
  std::sort(statuses.begin(), statuses.end(),
            [](const StatusMeaning& a, const StatusMeaning& b) { return a.status < b.status; });
  return statuses;
}

}  // namespace crashreel
