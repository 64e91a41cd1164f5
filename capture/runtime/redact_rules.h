// What must not be written down? The rules, read from text.
//
// One rule a line; empty lines and lines that begin with '#' say nothing:
//
//   ACTION:literal:TEXT               TEXT itself
//   ACTION:after:TEXT [until:CHARS]   what follows TEXT, up to white space or one of CHARS
//   ACTION:line:TEXT                  what follows TEXT, up to the end of the line
//   ACTION:session:PATTERN            all inputs of the sessions whose opening fits
//   ACTION:regex:PATTERN              what fits; its first group, if it has one. At salvage only.
//
//   ACTION is mask (every byte becomes 'x'), hash (a keyed hash of the same length, so that equal
//   secrets stay equal) or drop (the whole payload is left out). literal/i, after/i and line/i take
//   the letters A to Z of either case.
//
// TEXT and CHARS stand in double quotes where they begin or end with a blank. They know \n \r \t \0
// \\ \" \xHH, and TEXT also \d: one to twenty decimal digits. PATTERN is taken as it stands. That
// of a session is matched with its opening line ("tcp inbound 127.0.0.1:6379 10.0.0.7:50112"): '*'
// is any run of characters, '?' one of them, and the pattern may end where a word does.
//
// Rules are plain data of a fixed size, so that they can be prepared once and used in signal
// handlers. libc only, no allocation. The text may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel::redact {

inline constexpr std::size_t kMostRules = 32;
inline constexpr std::size_t kMostRuleText = 256;
inline constexpr std::size_t kMostDigits = 20;

// The numbers are those of crashreel.h.
enum class Action : std::uint8_t { kMask = 1, kHash = 2, kDrop = 3 };

enum class Where : std::uint8_t { kLiteral = 1, kAfter = 2, kSession = 3, kRegex = 4 };

// A set of bytes, or of places in a rule's text.
class ByteSet {
 public:
  void add(unsigned char byte) { words_[byte >> 6] |= std::uint64_t{1} << (byte & 63); }
  bool has(unsigned char byte) const { return (words_[byte >> 6] >> (byte & 63) & 1) != 0; }

 private:
  std::uint64_t words_[4] = {};
};

struct Rule {
  Action action = Action::kMask;
  Where where = Where::kLiteral;
  bool any_case = false;
  bool whole_line = false;  // was written as "line"
  std::uint32_t size = 0;   // of the text
  std::uint32_t head = 0;   // of these, what stands before the first run of digits: at least 1
  unsigned char text[kMostRuleText] = {};
  ByteSet digits;  // the places in the text that stand for runs of digits
  ByteSet ends;    // kAfter: the bytes before which a secret ends
};

struct Rules {
  std::uint32_t count = 0;
  Rule list[kMostRules];
};

// What is wrong with a text of rules. `what` says what to write instead.
struct Complaint {
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1
  const char* what = nullptr;
};

// Adds the rules in `text` to `rules`. False, with a complaint and the rules before it added, where
// one can't be read. `may_be_regex`: false where inputs are recorded.
bool parse_rules(const char* text, std::size_t size, bool may_be_regex, Rules& rules,
                 Complaint& complaint);

// "mask:after", "drop:session", ...: what may be told of a rule, for its text may be the secret.
// Returns the length.
inline constexpr std::size_t kMostRuleName = 16;
std::size_t name_of(const Rule& rule, char (&name)[kMostRuleName]);
const char* name_of(Action action);

// Does the opening line of a session fit a pattern?
bool session_fits(const Rule& rule, const char* opening, std::size_t size);

}  // namespace crashreel::redact
