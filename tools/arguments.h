// What did the command line say?
//
// Words are split and checked here against a verb's description; what a verb reads afterwards is
// well-formed. Whether a file exists or a reel is good is not asked here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "tools/verb.h"

namespace crashreel {

class Arguments {
 public:
  // The option was given, or has a fallback.
  bool has(std::string_view option) const;
  // Its last value. The option must be one of the verb's; has() must hold.
  const std::string& text(std::string_view option) const;
  std::optional<std::string> text_if(std::string_view option) const;
  std::uint64_t size(std::string_view option) const;   // of a kSize
  std::uint64_t count(std::string_view option) const;  // of a kCount
  // All its values, in order; empty when it was not given.
  std::vector<std::string> all(std::string_view option) const;

  const std::vector<std::string>& operands() const { return operands_; }
  // What stood behind `--`; at least one word, or nothing at all.
  const std::optional<std::vector<std::string>>& program() const { return program_; }

  bool json() const { return has("json"); }
  bool quiet() const { return has("quiet"); }
  bool help() const { return has("help"); }

 private:
  friend class ArgumentParser;
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> operands_;
  std::optional<std::vector<std::string>> program_;
};

// The options that every verb has.
const std::vector<Option>& common_options();

// `words` are those after the verb. Errors are of kind kUsage. With --help among the options
// nothing that is missing is complained of. May throw boost::program_options::error for a value
// that is missing or too much, with a message for people.
Result<Arguments> parse_arguments(const Verb& verb, const std::vector<std::string>& words);

}  // namespace crashreel
