#include "tools/arguments.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "tools/quantity.h"
#include "tools/suggest.h"

namespace crashreel {
namespace po = boost::program_options;
namespace {

Error usage(const std::string& message) {
  return {Trouble::kUsage, message};
}

std::vector<Option> options_of(const Verb& verb) {
  std::vector<Option> options = verb.options;
  options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

// No implicit_value anywhere, and no guessing: a word is never an option's value by accident.
po::options_description describe(const std::vector<Option>& options) {
  po::options_description description;
  for (const Option& option : options) {
    std::string names = option.name;
    if (option.letter != 0) names += std::string(",") + option.letter;
    if (option.value == Value::kSwitch) {
      description.add_options()(names.c_str(), "");
    } else {
      description.add_options()(names.c_str(), po::value<std::string>(), "");
    }
  }
  return description;
}

bool is_choice(const std::string& choices, const std::string& word) {
  std::istringstream words(choices);
  for (std::string choice; std::getline(words, choice, '|');) {
    if (choice == word) return true;
  }
  return false;
}

Result<void> check_value(const Option& option, const std::string& value) {
  auto told = [&option](const Error& error) {
    return usage("option '--" + option.name + "': " + error.message);
  };
  switch (option.value) {
    case Value::kSwitch:
      return {};
    case Value::kText:
      if (value.empty()) return told(usage("an empty " + option.argument + " names nothing"));
      return {};
    case Value::kSize: {
      Result<std::uint64_t> size = parse_size(value);
      if (!size) return told(size.error());
      return {};
    }
    case Value::kCount: {
      Result<std::uint64_t> count = parse_count(value, option.most);
      if (!count) return told(count.error());
      return {};
    }
    case Value::kChoice:
      if (is_choice(option.argument, value)) return {};
      return told(usage("'" + value + "' is not one of " + option.argument));
  }
  return {};
}

}  // namespace

class ArgumentParser {
 public:
  explicit ArgumentParser(const Verb& verb) : verb_(verb), options_(options_of(verb)) {}

  Result<Arguments> parse(const std::vector<std::string>& words) {
    // Split by hand: what stands behind `--` is the program's, whatever it looks like.
    auto dashes = std::find(words.begin(), words.end(), "--");
    Result<void> parsed = parse_options({words.begin(), dashes});
    if (!parsed) return parsed.error();
    if (dashes != words.end()) arguments_.program_.emplace(dashes + 1, words.end());
    if (arguments_.help()) return std::move(arguments_);
    if (Result<void> whole = check_options(); !whole) return whole.error();
    if (Result<void> whole = check_operands(); !whole) return whole.error();
    if (Result<void> whole = check_program(); !whole) return whole.error();
    return std::move(arguments_);
  }

 private:
  Result<void> parse_options(const std::vector<std::string>& words) {
    namespace style = po::command_line_style;
    po::options_description description = describe(options_);
    po::parsed_options parsed = po::command_line_parser(words)
                                    .options(description)
                                    .style(style::unix_style & ~style::allow_guessing)
                                    .allow_unregistered()
                                    .run();
    for (const po::option& found : parsed.options) {
      if (found.unregistered) return unknown_option(found.original_tokens.front());
      if (found.position_key >= 0) {
        arguments_.operands_.push_back(found.original_tokens.front());
        continue;
      }
      auto option = std::find_if(options_.begin(), options_.end(),
                                 [&](const Option& o) { return o.name == found.string_key; });
      CRASHREEL_CHECK(option != options_.end());
      std::vector<std::string>& values = arguments_.options_[option->name];
      if (!values.empty() && !option->repeated && option->value != Value::kSwitch) {
        return usage("option '--" + option->name + "' is given twice");
      }
      values.push_back(found.value.empty() ? "" : found.value.front());
      if (Result<void> good = check_value(*option, values.back()); !good) return good.error();
    }
    return {};
  }

  Error unknown_option(const std::string& word) const {
    std::string name = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const Option& option : options_) {
      known.push_back("--" + option.name);
      if (option.letter != 0) known.push_back(std::string("-") + option.letter);
    }
    std::string nearest = nearest_word(name, known);
    return usage("unknown option '" + name + "'" +
                 (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }

  Result<void> check_options() {
    for (const Option& option : options_) {
      if (arguments_.has(option.name)) continue;
      if (option.required) {
        return usage("option '--" + option.name + " " + option.argument + "' is missing");
      }
      if (!option.fallback.empty()) arguments_.options_[option.name] = {option.fallback};
    }
    return {};
  }

  Result<void> check_operands() const {
    const std::vector<Operand>& wanted = verb_.operands;
    const std::vector<std::string>& given = arguments_.operands_;
    if (given.size() < wanted.size()) {
      return usage(wanted[given.size()].name + " is missing");
    }
    bool many = !wanted.empty() && wanted.back().many;
    if (given.size() > wanted.size() && !many) {
      std::string message = "'" + given[wanted.size()] + "' is one word too many";
      if (verb_.program != ProgramPart::kNone) message += "; a program to run stands behind '--'";
      return usage(message);
    }
    auto empty = std::find(given.begin(), given.end(), "");
    if (empty != given.end()) return usage("an empty word names no file");
    return {};
  }

  Result<void> check_program() const {
    bool given = arguments_.program_.has_value();
    if (given && verb_.program == ProgramPart::kNone) {
      return usage("'--' is for verbs that run a program, which this one does not");
    }
    if (given && arguments_.program_->empty()) return usage("no program stands behind '--'");
    if (given && arguments_.program_->front().empty()) {
      return usage("the program behind '--' has an empty name");
    }
    if (!given && verb_.program == ProgramPart::kRequired) {
      return usage("'-- PROGRAM ARGS...' is missing");
    }
    return {};
  }

  const Verb& verb_;
  std::vector<Option> options_;
  Arguments arguments_;
};

bool Arguments::has(std::string_view option) const {
  return options_.find(option) != options_.end();
}

const std::string& Arguments::text(std::string_view option) const {
  auto found = options_.find(option);
  CRASHREEL_CHECK(found != options_.end());
  return found->second.back();
}

std::optional<std::string> Arguments::text_if(std::string_view option) const {
  if (!has(option)) return std::nullopt;
  return text(option);
}

std::uint64_t Arguments::size(std::string_view option) const {
  return parse_size(text(option)).value();
}

std::uint64_t Arguments::count(std::string_view option) const {
  return parse_count(text(option), std::numeric_limits<std::uint64_t>::max()).value();
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  auto found = options_.find(option);
  if (found == options_.end()) return {};
  return found->second;
}

const std::vector<Option>& common_options() {
  static const std::vector<Option> options{
      {.name = "json",
       .help = "Print the result as exactly one JSON object; an error becomes one, too"},
      {.name = "quiet", .letter = 'q', .help = "Say nothing on stderr but errors"},
      {.name = "help", .letter = 'h', .help = "Print this help; with --json, as data"},
  };
  return options;
}

Result<Arguments> parse_arguments(const Verb& verb, const std::vector<std::string>& words) {
  return ArgumentParser(verb).parse(words);
}

}  // namespace crashreel
