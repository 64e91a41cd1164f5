#include "tools/pipeline/split.h"

#include <regex.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "capture/base/check.h"

namespace crashreel {
namespace {

Error usage(const std::string& message) {
  return {Trouble::kUsage, message};
}

Result<SplitRule> parse_prefix(std::string_view word) {
  SplitRule rule{.kind = SplitRule::Kind::kLengthPrefixed};
  if (word.empty()) return rule;
  const auto [end, trouble] =
      std::from_chars(word.data(), word.data() + word.size(), rule.prefix_bytes);
  const std::string_view order(end, static_cast<std::size_t>(word.data() + word.size() - end));
  const std::uint32_t bytes = rule.prefix_bytes;
  const bool sized = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  if (trouble != std::errc() || !sized || (order != "le" && order != "be" && !order.empty())) {
    return usage("'" + std::string(word) + "' is no length; there are 1, 2, 4 and 8, each with le" +
                 " or be: length-prefixed:2le");
  }
  rule.little_endian = order == "le";
  return rule;
}

std::string regex_trouble(int code, const regex_t& compiled) {
  char text[200];
  regerror(code, &compiled, text, sizeof text);
  return text;
}

}  // namespace

Result<SplitRule> parse_split_rule(std::string_view word) {
  using Kind = SplitRule::Kind;
  if (word == "lines") return SplitRule{.kind = Kind::kLines};
  if (word == "bytes") return SplitRule{.kind = Kind::kBytes};
  if (word == "json") return SplitRule{.kind = Kind::kJson};
  if (word == "length-prefixed") return parse_prefix("");
  constexpr std::string_view kPrefixed = "length-prefixed:";
  if (word.starts_with(kPrefixed)) return parse_prefix(word.substr(kPrefixed.size()));
  constexpr std::string_view kRegex = "regex:";
  if (word.starts_with(kRegex) && word.size() > kRegex.size()) {
    return SplitRule{.kind = Kind::kRegex, .pattern = std::string(word.substr(kRegex.size()))};
  }
  return usage("'" + std::string(word) +
               "' is not one of lines, bytes, json, length-prefixed[:SIZE], regex:PATTERN");
}

std::string_view Pieces::piece(std::uint32_t index) const {
  return text_.substr(pieces_[index].begin, pieces_[index].end - pieces_[index].begin);
}

std::string Pieces::join(std::span<const std::uint32_t> kept) const {
  std::string joined;
  std::size_t frame_from = 0;  // of what stands before the piece and is in none
  auto chosen = kept.begin();
  std::uint32_t last_list = UINT32_MAX;
  for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
    const Piece& one = pieces_[i];
    const bool follows = i > 0 && pieces_[i - 1].list == one.list;
    // Between two of a list stands its comma alone.
    if (!(commas_ && follows)) joined += text_.substr(frame_from, one.begin - frame_from);
    frame_from = one.end;
    if (chosen == kept.end() || *chosen != i) continue;
    ++chosen;
    if (commas_ && last_list == one.list) joined += ',';
    last_list = one.list;
    joined += piece(i);
  }
  joined += text_.substr(frame_from);
  return joined;
}

std::vector<Item> Pieces::items() const {
  std::vector<Item> items;
  items.reserve(pieces_.size());
  for (const Piece& one : pieces_) {
    items.push_back({.group = one.list, .bytes = static_cast<std::uint32_t>(one.end - one.begin)});
  }
  return items;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) { pieces_.text_ = text; }

  Result<Pieces> run(const SplitRule& rule, std::uint32_t level) {
    Result<void> done;
    if (rule.kind == SplitRule::Kind::kJson) {
      done = json(level);
    } else if (level == 0) {
      done = flat(rule);
    }
    if (!done) return done.error();
    return std::move(pieces_);
  }

 private:
  std::string_view text() const { return pieces_.text_; }

  void add(std::size_t begin, std::size_t end, std::uint32_t list = 0) {
    if (begin < end) pieces_.pieces_.push_back({.begin = begin, .end = end, .list = list});
  }

  Result<void> flat(const SplitRule& rule) {
    switch (rule.kind) {
      case SplitRule::Kind::kLines:
        for (std::size_t at = 0; at < text().size();) {
          const std::size_t newline = text().find('\n', at);
          const std::size_t end = newline == std::string_view::npos ? text().size() : newline + 1;
          add(at, end);
          at = end;
        }
        return {};
      case SplitRule::Kind::kBytes:
        pieces_.pieces_.reserve(text().size());
        for (std::size_t at = 0; at < text().size(); ++at) add(at, at + 1);
        return {};
      case SplitRule::Kind::kLengthPrefixed:
        return length_prefixed(rule);
      case SplitRule::Kind::kRegex:
        return regex(rule.pattern);
      case SplitRule::Kind::kJson:
        break;
    }
    return {};
  }

  Result<void> length_prefixed(const SplitRule& rule) {
    for (std::size_t at = 0; at < text().size();) {
      const auto trouble = [&](const std::string& what) {
        return Error{Trouble::kUsage, "record " + std::to_string(pieces_.size()) + " at byte " +
                                          std::to_string(at) + ": " + what};
      };
      if (text().size() - at < rule.prefix_bytes) return trouble("its length is cut");
      std::uint64_t length = 0;
      for (std::uint32_t i = 0; i < rule.prefix_bytes; ++i) {
        const std::uint32_t from = rule.little_endian ? rule.prefix_bytes - 1 - i : i;
        length = length << 8 | static_cast<unsigned char>(text()[at + from]);
      }
      const std::size_t body = at + rule.prefix_bytes;
      if (length > text().size() - body) {
        return trouble("length " + std::to_string(length) + " exceeds the " +
                       std::to_string(text().size() - body) + " bytes that are left");
      }
      add(at, body + length);
      at = body + length;
    }
    return {};
  }

  Result<void> regex(const std::string& pattern) {
    regex_t compiled;
    if (const int code = regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NEWLINE);
        code != 0) {
      return usage("'" + pattern + "' is no regular expression: " + regex_trouble(code, compiled));
    }
    const std::unique_ptr<regex_t, void (*)(regex_t*)> freed(&compiled, regfree);
    // REG_STARTEND needs no end behind the text, but who stands in front of regexec looks for one.
    const std::string terminated(text());
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text().size();) {
      regmatch_t match = {.rm_so = static_cast<regoff_t>(at),
                          .rm_eo = static_cast<regoff_t>(text().size())};
      const int flags = REG_STARTEND | (at > 0 && text()[at - 1] != '\n' ? REG_NOTBOL : 0);
      if (regexec(&compiled, terminated.c_str(), 1, &match, flags) != 0) break;
      const auto end = static_cast<std::size_t>(match.rm_eo);
      if (end > begin) {
        add(begin, end);
        begin = end;
      }
      at = std::max(end, at + 1);  // an empty match must not stand still
    }
    add(begin, text().size());
    return {};
  }

  // Lists are objects and arrays; a piece lies between two commas of a list at `level`.
  Result<void> json(std::uint32_t level) {
    // The parser takes a zero byte for the end, and what comes behind it for nothing.
    const bool is_json =
        text().find('\0') == std::string_view::npos && nlohmann::json::accept(text());
    if (!is_json) return usage("is no JSON text; split it by lines");
    pieces_.commas_ = true;
    std::uint32_t depth = 0;  // lists that are open
    std::uint32_t list = 0;
    std::size_t begin = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < text().size(); ++at) {
      const char c = text()[at];
      if (in_string) {
        if (c == '\\') ++at;
        in_string = c != '"';
        continue;
      }
      in_string = c == '"';
      if (c == '[' || c == '{') {
        if (++depth == level + 1) begin = at + 1;
      } else if (depth == level + 1 && (c == ',' || c == ']' || c == '}')) {
        const bool blank =
            text().substr(begin, at - begin).find_first_not_of(" \t\r\n") == std::string_view::npos;
        if (!blank) add(begin, at, list);
        begin = at + 1;
      }
      if (c == ']' || c == '}') {
        if (depth-- == level + 1) ++list;
      }
    }
    return {};
  }

  Pieces pieces_;
};

Result<Pieces> split(std::string_view text, const SplitRule& rule, std::uint32_t level) {
  if (text.size() > kMaxSplitBytes) {
    return usage("has " + std::to_string(text.size()) + " bytes; at most " +
                 std::to_string(kMaxSplitBytes) + " are taken");
  }
  return Splitter(text).run(rule, level);
}

}  // namespace crashreel
