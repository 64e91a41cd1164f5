#include "tools/debug/question.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tools/json.h"

namespace crashreel {
namespace {

using Word = std::pair<const char*, Asked>;
constexpr std::array kWords = {Word{"hello", Asked::kHello}, Word{"go", Asked::kGo},
                               Word{"until", Asked::kUntil}, Word{"on", Asked::kOn},
                               Word{"at", Asked::kAt},       Word{"inputs", Asked::kInputs}};

std::optional<std::uint64_t> number_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

}  // namespace

std::optional<Question> parse_question(std::string_view message) {
  const Json object = Json::parse(message, nullptr, false);
  if (!object.is_object() || !object.contains("ask")) return std::nullopt;
  const auto word = std::find_if(kWords.begin(), kWords.end(),
                                 [&](const Word& each) { return object["ask"] == each.first; });
  if (word == kWords.end()) return std::nullopt;
  const auto fresh = object.find("fresh");
  return Question{.asked = word->second,
                  .input = number_in(object, "input"),
                  .from = number_in(object, "from"),
                  .to = number_in(object, "to"),
                  .fresh = fresh != object.end() && *fresh == true};
}

std::string text_of(const Question& question) {
  const auto word = std::find_if(kWords.begin(), kWords.end(),
                                 [&](const Word& each) { return each.second == question.asked; });
  Json object = {{"ask", word->first}};
  if (question.input) object["input"] = *question.input;
  if (question.from) object["from"] = *question.from;
  if (question.to) object["to"] = *question.to;
  if (question.fresh) object["fresh"] = true;
  return object.dump();
}

}  // namespace crashreel
