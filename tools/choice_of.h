// The words for an option that takes one of several formats, each of which has a name and says what
// it is.
#pragma once

#include <string>

namespace crashreel {

// "pcap|lines|…", as it stands in an option's usage.
template <typename Formats>
std::string choice_of(const Formats& formats) {
  std::string words;
  for (const auto& format : formats) words += (words.empty() ? "" : "|") + std::string(format.name);
  return words;
}

// "pcap: what it is; lines: …", as it stands in an option's help.
template <typename Formats>
std::string text_of_choice(const Formats& formats) {
  std::string text;
  for (const auto& format : formats)
    text += (text.empty() ? "" : "; ") + std::string(format.name) + ": " + format.what;
  return text;
}

}  // namespace crashreel
