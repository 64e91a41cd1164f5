#include "tools/manual/man_page.h"

#include <algorithm>

#include "tools/arguments.h"
#include "tools/help.h"

namespace crashreel {
namespace {

// As it stands, whatever roff would make of its characters.
std::string plain(const std::string& text) {
  std::string roff;
  for (const char c : text) {
    switch (c) {
      case '\\':
        roff += "\\(rs";
        break;
      case '-':
        roff += "\\-";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      default:
        roff += c;
    }
  }
  return roff.starts_with('.') ? "\\&" + roff : roff;
}

std::string bold(const std::string& text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + plain(text) + "\\fR";
}

std::string page_name(const Verb& verb) {
  std::string name = "crashreel-" + verb.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string title(const std::string& name, const std::string& version) {
  std::string upper = name;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH " + plain(upper) + " 1 \"\" \"crashreel " + version + "\" \"crashreel\"\n";
}

std::string roff_paragraphs(const std::string& text) {
  std::string roff;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    roff += ".PP\n" + plain(text.substr(at, end - at)) + "\n";
    at = end + 2;
  }
  return roff;
}

std::string entry(const std::string& term, const std::string& text) {
  return ".TP\n" + term + "\n" + plain(text) + "\n";
}

std::string option_entries(const std::vector<Option>& options) {
  std::string roff;
  for (const Option& option : options) {
    std::string term =
        option.letter != 0 ? bold(std::string("-") + option.letter) + ", " : std::string();
    term += bold("--" + option.name);
    if (option.value != Value::kSwitch) term += " " + italic(option.argument);
    roff += entry(term, explanation_of(option) + ".");
  }
  return roff;
}

std::string sentence(const std::string& summary) {
  return summary.ends_with("?") || summary.ends_with(".") ? summary : summary + ".";
}

std::string page_of(const Verb& verb, const std::string& version) {
  std::string roff = title(page_name(verb), version);
  roff += ".SH NAME\n" + plain(page_name(verb)) + " \\- " + plain(verb.summary) + "\n";
  roff += ".SH SYNOPSIS\n" + plain(synopsis_of(verb)) + "\n";
  roff += ".SH DESCRIPTION\n" + roff_paragraphs(sentence(verb.summary) + "\n\n" + verb.text);
  if (!verb.operands.empty()) roff += ".SH OPERANDS\n";
  for (const Operand& operand : verb.operands) {
    roff += entry(italic(operand.name + (operand.many ? "..." : "")), operand.help + ".");
  }
  roff += ".SH OPTIONS\n" + option_entries(verb.options) + option_entries(common_options());
  if (!verb.examples.empty()) roff += ".SH EXAMPLES\n";
  for (const Example& example : verb.examples) {
    roff += ".PP\n" + plain(sentence(example.what)) + "\n.PP\n.in +4n\n.nf\n" +
            bold(example.command) + "\n.fi\n.in\n";
  }
  roff += ".SH EXIT STATUS\n";
  for (const StatusMeaning& status : statuses_of(verb)) {
    roff += entry(bold(std::to_string(status.status)), status.meaning + ".");
  }
  return roff + ".SH SEE ALSO\n" + bold("crashreel") + "(1)\n";
}

std::string main_page(std::span<const Verb* const> verbs, const std::string& version) {
  std::string roff = title("crashreel", version);
  roff += ".SH NAME\ncrashreel \\- " + plain(purpose_in_a_line()) + "\n";
  roff += ".SH SYNOPSIS\n" + bold("crashreel") + " " + italic("VERB") + " ...\n";
  roff += ".SH DESCRIPTION\n" +
          roff_paragraphs(
              "Keeps the last external inputs of a running program in a ring that outlives the "
              "process, replays that tail against a fresh instance until the same crash comes "
              "back, minimizes it to the few inputs and bytes that matter, and puts the result "
              "into a libFuzzer corpus.\n\nResults go to stdout, narration to stderr; --json "
              "makes one JSON object of any result.");
  roff += ".SH VERBS\n";
  std::string see;
  for (const Verb* verb : verbs) {
    roff += entry(bold(verb->name), sentence(verb->summary));
    see += (see.empty() ? "" : ",\n") + bold(page_name(*verb)) + "(1)";
  }
  roff += ".SH OPTIONS\n" + option_entries(options_without_verb());
  return roff + ".SH SEE ALSO\n.nh\n" + see + "\n";  // a page name is never divided
}

}  // namespace

std::vector<ManPage> man_pages(std::span<const Verb* const> verbs, const std::string& version) {
  std::vector<ManPage> pages{{"crashreel.1", main_page(verbs, version)}};
  for (const Verb* verb : verbs)
    pages.push_back({page_name(*verb) + ".1", page_of(*verb, version)});
  return pages;
}

}  // namespace crashreel
