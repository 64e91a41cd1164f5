// Is this the case, and nothing but the case?
//
//   is_case RESULT.jsonl CASE.jsonl
//
// Exits 0 when the data inputs of the result are those of the case in the case's order, each the
// original or a shortening of it, over sessions that divide them alike. Else says what differs.

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "capture/reel/jsonl.h"

namespace {

std::vector<crashreel::Input> read_data(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto inputs = crashreel::parse_jsonl(text.str(), path);
  if (!inputs) {
    std::fprintf(stderr, "is_case: %s\n", inputs.error().message.c_str());
    std::exit(2);
  }
  std::vector<crashreel::Input> data;
  for (const auto& input : *inputs) {
    if (input.kind == crashreel::InputKind::kData) data.push_back(input);
  }
  return data;
}

bool is_shortening(const std::string& shorter, const std::string& original) {
  std::size_t taken = 0;
  for (const char byte : original) taken += taken < shorter.size() && shorter[taken] == byte;
  return taken == shorter.size();
}

int differ(const std::string& what) {
  std::fprintf(stderr, "is_case: %s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return differ("usage: is_case RESULT.jsonl CASE.jsonl"), 2;
  const auto result = read_data(argv[1]);
  const auto original = read_data(argv[2]);
  if (result.size() != original.size()) {
    return differ(std::to_string(result.size()) + " inputs, not " +
                  std::to_string(original.size()));
  }
  std::map<std::uint32_t, std::uint32_t> session_of;  // the case's to the result's
  std::map<std::uint32_t, std::uint32_t> case_of;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::string which = "input " + std::to_string(i);
    if (!is_shortening(result[i].data, original[i].data)) {
      return differ(which + " is no shortening of the case's: " + result[i].data);
    }
    const bool same_there =
        session_of.try_emplace(original[i].session, result[i].session).first->second ==
        result[i].session;
    const bool same_back =
        case_of.try_emplace(result[i].session, original[i].session).first->second ==
        original[i].session;
    if (!same_there || !same_back) return differ(which + " is in another session");
  }
  return 0;
}
