#include "harness/words_of.h"

#include <algorithm>

namespace crashreel {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

bool is_of_word(char c, Alphabet alphabet) {
  constexpr std::string_view kNarrow = "-_";
  constexpr std::string_view kWide = "-_+/=.~%";
  const std::string_view more = alphabet == Alphabet::kNarrow ? kNarrow : kWide;
  return is_letter(c) || is_digit(c) || more.find(c) != std::string_view::npos;
}

std::string_view name_before(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end > 0 && at - end < 2 && !is_letter(text[end - 1]) && !is_digit(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_letter(text[begin - 1])) --begin;
  return end == at ? std::string_view() : text.substr(begin, end - begin);
}

enum class Digits { kDecimal, kLowerHex, kUpperHex, kAny };

Digits digits_of(std::string_view word) {
  const auto all = [&](char first, char last) {
    return std::ranges::all_of(word,
                               [&](char c) { return !is_letter(c) || (c >= first && c <= last); });
  };
  if (std::ranges::none_of(word, is_letter)) return Digits::kDecimal;
  if (all('a', 'f')) return Digits::kLowerHex;
  return all('A', 'F') ? Digits::kUpperHex : Digits::kAny;
}

// By chance a hexadecimal number has no letters.
bool can_be_one_kind(Digits one, Digits other) {
  return one == other || (one == Digits::kDecimal && other != Digits::kAny) ||
         (other == Digits::kDecimal && one != Digits::kAny);
}

}  // namespace

std::vector<FoundWord> words_of(std::string_view text, Alphabet alphabet, std::size_t least) {
  std::vector<FoundWord> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_word(text[end], alphabet)) ++end;
    if (end - at >= least) words.push_back({text.substr(at, end - at), name_before(text, at)});
    at = std::max(end, at + 1);
  }
  return words;
}

bool are_alike(std::string_view one, std::string_view other) {
  if (one.size() != other.size() || !can_be_one_kind(digits_of(one), digits_of(other)))
    return false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const bool plain = is_letter(one[i]) || is_digit(one[i]);
    const bool other_plain = is_letter(other[i]) || is_digit(other[i]);
    if (plain != other_plain || (!plain && one[i] != other[i])) return false;
  }
  return true;
}

bool is_same_name(std::string_view one, std::string_view other) {
  return one.size() >= 2 && std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace crashreel
