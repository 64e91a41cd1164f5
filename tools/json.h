// What does the command print for machines?
//
// One object with its members in the order in which they were added. `format` rises when a member
// changes its meaning or goes; new members may come at any time.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace crashreel {

using Json = nlohmann::ordered_json;

inline constexpr int kJsonFormat = 1;

inline Json new_answer(std::string_view verb) {
  Json answer;
  answer["format"] = kJsonFormat;
  answer["verb"] = verb;
  return answer;
}

// One line. Text in a reel is bytes: what is not UTF-8 becomes U+FFFD instead of an exception.
inline std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace crashreel
