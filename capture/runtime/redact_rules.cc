#include "capture/runtime/redact_rules.h"

#include <string.h>

namespace crashreel::redact {
namespace {

struct Word {
  const char* text;
  std::uint32_t size;
};

constexpr Word kActions[] = {{"mask", 4}, {"hash", 4}, {"drop", 4}};

struct PlaceWord {
  Word word;
  Where where;
  bool whole_line;
  bool may_ignore_case;
};

constexpr PlaceWord kPlaces[] = {
    {{"literal", 7}, Where::kLiteral, false, true}, {{"after", 5}, Where::kAfter, false, true},
    {{"line", 4}, Where::kAfter, true, true},       {{"session", 7}, Where::kSession, false, false},
    {{"regex", 5}, Where::kRegex, false, false},
};

constexpr char kAction[] = "begin with mask:, hash: or drop:";
constexpr char kPlace[] =
    "write literal:, after:, line:, session: or, at salvage, regex: behind the action";
constexpr char kNoCase[] = "only literal, after and line can ignore case with /i";
constexpr char kRegexHere[] =
    "regular expressions are for 'crashreel salvage --redact': while a program records, use "
    "literal, after or line";
constexpr char kEmpty[] = "say what to look for: the text is empty";
constexpr char kLong[] = "the text is longer than 256 bytes; use its beginning";
constexpr char kEscape[] = "behind a backslash only n, r, t, 0, d, x and two digits, \\ or \"";
constexpr char kHead[] = "put some text before \\d";
constexpr char kEndsEscape[] = "\\d can't end a secret; list the digits";
constexpr char kQuote[] = "the closing quotation mark is missing";
constexpr char kBehind[] = "behind the text only until:CHARS of an after: rule";
constexpr char kMany[] = "more than 32 rules; leave some out";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Goes through one line, and remembers the first thing that is wrong.
class LineParser {
 public:
  LineParser(const char* line, const char* end) : line_(line), at_(line), end_(end) {}

  bool parse(bool may_be_regex, Rule& rule) {
    if (!action(rule) || !place(rule)) return false;
    if (rule.where == Where::kRegex && !may_be_regex) return fail(line_, kRegexHere);
    if (rule.where == Where::kSession || rule.where == Where::kRegex) return pattern(rule);
    if (!text(rule)) return false;
    if (rule.where != Where::kAfter) return at_end();
    if (!rule.whole_line && take(" until:")) return ends(rule) && at_end();
    add_ends(rule.whole_line ? "\r\n" : "\r\n \t\v\f", rule);
    return at_end();
  }

  std::uint32_t column() const { return static_cast<std::uint32_t>(wrong_at_ - line_) + 1; }
  const char* complaint() const { return complaint_; }

 private:
  bool fail(const char* where, const char* what) {
    wrong_at_ = where;
    complaint_ = what;
    return false;
  }

  bool take(const char* word) {
    const std::size_t size = ::strlen(word);
    if (static_cast<std::size_t>(end_ - at_) < size || ::memcmp(at_, word, size) != 0) return false;
    at_ += size;
    return true;
  }

  bool action(Rule& rule) {
    for (std::uint8_t i = 0; i < 3; ++i) {
      rule.action = static_cast<Action>(i + 1);
      if (!take(kActions[i].text)) continue;
      return take(":") || fail(at_, kAction);
    }
    return fail(at_, kAction);
  }

  bool place(Rule& rule) {
    for (const PlaceWord& known : kPlaces) {
      if (!take(known.word.text)) continue;
      rule.where = known.where;
      rule.whole_line = known.whole_line;
      rule.any_case = take("/i");
      if (rule.any_case && !known.may_ignore_case) return fail(at_ - 2, kNoCase);
      return take(":") || fail(at_, kPlace);
    }
    return fail(at_, kPlace);
  }

  bool put(Rule& rule, unsigned char byte) {
    if (rule.size == kMostRuleText) return fail(at_, kLong);
    rule.text[rule.size++] = byte;
    return true;
  }

  bool pattern(Rule& rule) {
    if (at_ == end_) return fail(at_, kEmpty);
    for (; at_ != end_; ++at_) {
      if (!put(rule, static_cast<unsigned char>(*at_))) return false;
    }
    rule.head = rule.size;
    return true;
  }

  // One byte as it is written, or a run of digits.
  bool byte(unsigned char& value, bool& digits) {
    digits = false;
    value = static_cast<unsigned char>(*at_++);
    if (value != '\\') return true;
    const char* escape = at_ - 1;
    if (at_ == end_) return fail(escape, kEscape);
    const char c = *at_++;
    constexpr char kNames[] = "nrt0\\\"";
    constexpr char kValues[] = "\n\r\t\0\\\"";
    if (const void* name = c != '\0' ? ::strchr(kNames, c) : nullptr) {
      value = static_cast<unsigned char>(kValues[static_cast<const char*>(name) - kNames]);
      return true;
    }
    digits = c == 'd';
    if (digits) return true;
    const int high = c == 'x' && end_ - at_ >= 2 ? hex_digit(at_[0]) : -1;
    const int low = high >= 0 ? hex_digit(at_[1]) : -1;
    if (low < 0) return fail(escape, kEscape);
    at_ += 2;
    value = static_cast<unsigned char>(high * 16 + low);
    return true;
  }

  // A run of digits is a place whose text byte is not looked at.
  bool text_byte(Rule& rule) {
    const char* begin = at_;
    unsigned char value = 0;
    bool digits = false;
    if (!byte(value, digits)) return false;
    if (digits && rule.head == 0) rule.head = rule.size;
    if (digits && rule.size == 0) return fail(begin, kHead);
    if (digits && rule.size < kMostRuleText) {
      rule.digits.add(static_cast<unsigned char>(rule.size));
    }
    return put(rule, digits ? '0' : value);
  }

  bool text(Rule& rule) {
    const bool quoted = take("\"");
    const char* begin = at_;
    while (at_ != end_ && (!quoted || *at_ != '"')) {
      const bool ends_here = !quoted && rule.where == Where::kAfter && !rule.whole_line &&
                             end_ - at_ >= 7 && ::memcmp(at_, " until:", 7) == 0;
      if (ends_here) break;
      if (!text_byte(rule)) return false;
    }
    if (quoted && !take("\"")) return fail(begin - 1, kQuote);
    if (rule.size == 0) return fail(at_, kEmpty);
    if (rule.head == 0) rule.head = rule.size;
    return true;
  }

  bool ends(Rule& rule) {
    const bool quoted = take("\"");
    const char* begin = at_;
    while (at_ != end_ && (!quoted || *at_ != '"')) {
      const char* place = at_;
      unsigned char value = 0;
      bool digits = false;
      if (!byte(value, digits)) return false;
      if (digits) return fail(place, kEndsEscape);
      rule.ends.add(value);
    }
    return !quoted || take("\"") || fail(begin - 1, kQuote);
  }

  static void add_ends(const char* bytes, Rule& rule) {
    for (; *bytes != '\0'; ++bytes) rule.ends.add(static_cast<unsigned char>(*bytes));
  }

  bool at_end() { return at_ == end_ || fail(at_, kBehind); }

  const char* line_;
  const char* at_;
  const char* end_;
  const char* wrong_at_ = nullptr;
  const char* complaint_ = nullptr;
};

}  // namespace

bool parse_rules(const char* text, std::size_t size, bool may_be_regex, Rules& rules,
                 Complaint& complaint) {
  const char* const text_end = text + size;
  for (std::uint32_t number = 1; text != text_end; ++number) {
    const void* newline = ::memchr(text, '\n', static_cast<std::size_t>(text_end - text));
    const char* const line_end = newline != nullptr ? static_cast<const char*>(newline) : text_end;
    const char* begin = text;
    const char* end = line_end;
    text = newline != nullptr ? line_end + 1 : text_end;
    while (begin != end && is_blank(*begin)) ++begin;
    while (begin != end && is_blank(end[-1])) --end;
    if (begin == end || *begin == '#') continue;
    Rule rule;
    LineParser parser(begin, end);
    if (rules.count == kMostRules) {
      complaint = {number, 1, kMany};
      return false;
    }
    if (!parser.parse(may_be_regex, rule)) {
      complaint = {number, parser.column(), parser.complaint()};
      return false;
    }
    rules.list[rules.count++] = rule;
  }
  return true;
}

const char* name_of(Action action) {
  return kActions[static_cast<unsigned>(action) - 1].text;
}

std::size_t name_of(const Rule& rule, char (&name)[kMostRuleName]) {
  const Word& action = kActions[static_cast<unsigned>(rule.action) - 1];
  const Word* place = nullptr;
  for (const PlaceWord& known : kPlaces) {
    if (known.where == rule.where && known.whole_line == rule.whole_line) place = &known.word;
  }
  ::memcpy(name, action.text, action.size);
  name[action.size] = ':';
  ::memcpy(name + action.size + 1, place->text, place->size);
  return action.size + 1 + place->size;
}

// Greedy, with one place to come back to: the usual way to match a line with '*'.
bool session_fits(const Rule& rule, const char* opening, std::size_t size) {
  constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t at = 0, in_pattern = 0, star = kNone, star_at = 0;
  for (;;) {
    if (in_pattern == rule.size && (at == size || opening[at] == ' ')) return true;
    const unsigned char wanted = in_pattern < rule.size ? rule.text[in_pattern] : 0;
    if (wanted == '*' && in_pattern < rule.size) {
      star = in_pattern++;
      star_at = at;
    } else if (at < size && in_pattern < rule.size &&
               (wanted == '?' || wanted == static_cast<unsigned char>(opening[at]))) {
      ++in_pattern;
      ++at;
    } else if (star != kNone && star_at < size) {
      in_pattern = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
}

}  // namespace crashreel::redact
