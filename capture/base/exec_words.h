// How do strings become what exec(3) and posix_spawn(3) take?
#pragma once

#include <string>
#include <vector>

namespace crashreel {

// Valid as long as the texts are, and null behind the last. (Nobody writes to them, whatever their
// type says: it is that of calls older than const.)
inline std::vector<char*> exec_words(const std::vector<std::string>& texts) {
  std::vector<char*> words;
  words.reserve(texts.size() + 1);
  for (const std::string& text : texts) words.push_back(const_cast<char*>(text.c_str()));
  words.push_back(nullptr);
  return words;
}

}  // namespace crashreel
