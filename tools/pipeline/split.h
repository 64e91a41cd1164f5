// Where does a file come apart?
//
// Cuts a text into pieces that can be left out, and puts chosen ones together again. What stands
// between the pieces (the brackets of a JSON text, the frame around a list) always stays. The bytes
// may be hostile; what the pieces mean to a program is not known here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "minimizer/oracle.h"

namespace crashreel {

// The largest file that is taken: an item costs eight bytes, and each candidate a copy.
inline constexpr std::size_t kMaxSplitBytes = std::size_t{1} << 30;

// Refers to the text that it was made from, which must stay where it is.
class Pieces {
 public:
  std::size_t size() const { return pieces_.size(); }
  std::string_view piece(std::uint32_t index) const;
  std::string join(std::span<const std::uint32_t> kept) const;
  // A piece each, the list it stands in being its group.
  std::vector<Item> items() const;

 private:
  friend class Splitter;
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::uint32_t list = 0;
  };
  std::string_view text_;
  std::vector<Piece> pieces_;  // in order, without overlap
  bool commas_ = false;        // pieces of one list are divided by commas, which are in no piece
};

// What --split says.
struct SplitRule {
  enum class Kind { kLines, kBytes, kJson, kLengthPrefixed, kRegex };
  Kind kind = Kind::kLines;
  std::uint32_t prefix_bytes = 4;  // kLengthPrefixed: of the length
  bool little_endian = false;
  std::string pattern{};  // kRegex: POSIX extended
};

// "lines", "bytes", "json", "length-prefixed", "length-prefixed:2le", "regex:END;".
Result<SplitRule> parse_split_rule(std::string_view word);

// json: the elements and members at `level` of nesting, 0 being those of the outermost list;
// nothing else has levels, and no pieces beyond 0. regex: a piece ends behind every match.
// length-prefixed: the file must be made of whole records. An error names the place in the text.
Result<Pieces> split(std::string_view text, const SplitRule& rule, std::uint32_t level = 0);

}  // namespace crashreel
