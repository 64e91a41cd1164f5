// The words in a text that could be made by chance or of a date: what stands between other bytes.
#pragma once

#include <string_view>
#include <vector>

namespace crashreel {

struct FoundWord {
  std::string_view text;  // within the whole
  std::string_view name;  // the letters before it, but for one or two other bytes; or empty
};

// Which bytes are a word's, beside letters and digits: the second kind is for base64 and addresses.
enum class Alphabet { kNarrow, kWide };

// All of at least `least` bytes.
std::vector<FoundWord> words_of(std::string_view text, Alphabet alphabet, std::size_t least);

// Of the same length, numbers of one base or neither a number, and with the same bytes that are
// neither letter nor digit at the same places.
bool are_alike(std::string_view one, std::string_view other);

// The names are the same but for capitals, and are ones.
bool is_same_name(std::string_view one, std::string_view other);

}  // namespace crashreel
