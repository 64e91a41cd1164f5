#include "tools/pipeline/split.h"

#include <gtest/gtest.h>

#include <numeric>

namespace crashreel {
namespace {

Pieces cut(std::string_view text, std::string_view rule, std::uint32_t level = 0) {
  Result<Pieces> pieces = split(text, parse_split_rule(rule).value(), level);
  EXPECT_TRUE(pieces) << pieces.error().message;
  return std::move(pieces.value());
}

std::vector<std::string> texts(const Pieces& pieces) {
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < pieces.size(); ++i) texts.emplace_back(pieces.piece(i));
  return texts;
}

std::string whole(const Pieces& pieces) {
  std::vector<std::uint32_t> all(pieces.size());
  std::iota(all.begin(), all.end(), 0U);
  return pieces.join(all);
}

using Texts = std::vector<std::string>;

TEST(Split, GivesBackTheWholeOfAllPieces) {
  const std::string records("\0\0\0\1a\0\0\0\0\0\0\0\2bc", 15);
  const struct {
    std::string text;
    const char* rule;
    std::size_t pieces;
  } cases[] = {{"a\n\nb\nlast", "lines", 4},
               {std::string("\0\n\xff", 3), "bytes", 3},
               {"[1, \"a,]\\\"\", {\"b\":2} ]\n", "json", 3},
               {records, "length-prefixed", 3},
               {"one; two;\nthree", "regex:;", 3},
               {"", "lines", 0},
               {" {} ", "json", 0},
               {"", "regex:x", 0},
               {"\n\n", "regex:^", 2},
               {"7", "json", 0}};
  for (const auto& one : cases) {
    const Pieces pieces = cut(one.text, one.rule);
    EXPECT_EQ(pieces.size(), one.pieces) << one.text;
    EXPECT_EQ(whole(pieces), one.text);
  }
}

TEST(Split, LeavesOutOfAJsonListWhatIsNotKeptAndItsComma) {
  const std::string text = "{\"a\": 1, \"b\": [2, 3], \"c\": 4}\n";
  const Pieces pieces = cut(text, "json");
  EXPECT_EQ(texts(pieces), (Texts{"\"a\": 1", " \"b\": [2, 3]", " \"c\": 4"}));
  EXPECT_EQ(pieces.join(std::vector<std::uint32_t>{1}), "{ \"b\": [2, 3]}\n");
  EXPECT_EQ(pieces.join(std::vector<std::uint32_t>{0, 2}), "{\"a\": 1, \"c\": 4}\n");
  EXPECT_EQ(pieces.join({}), "{}\n");
}

TEST(Split, GoesDownIntoEachListOfALevel) {
  const std::string text = "[[1,2],[],{\"a\":[3],\"b\":4}]";
  const Pieces pieces = cut(text, "json", 1);
  EXPECT_EQ(texts(pieces), (Texts{"1", "2", "\"a\":[3]", "\"b\":4"}));
  EXPECT_EQ(pieces.join(std::vector<std::uint32_t>{1, 3}), "[[2],[],{\"b\":4}]");
  EXPECT_EQ(pieces.items()[0].group, pieces.items()[1].group);
  EXPECT_NE(pieces.items()[1].group, pieces.items()[2].group);
  EXPECT_EQ(cut(text, "json", 2).size(), 1U);
  EXPECT_EQ(cut(text, "json", 3).size(), 0U);
}

TEST(Split, ReadsLengthsOfEverySizeInEitherOrder) {
  EXPECT_EQ(cut(std::string("\2ab\1c", 5), "length-prefixed:1").size(), 2U);
  EXPECT_EQ(cut(std::string("\2\0ab", 4), "length-prefixed:2le").size(), 1U);
  EXPECT_EQ(cut(std::string("\0\2ab", 4), "length-prefixed:2be").size(), 1U);
}

TEST(Split, NamesThePlaceThatIsNoRecord) {
  const std::string text("\0\0\0\1a\xff\xff\xff\xff", 9);
  const Result<Pieces> pieces = split(text, parse_split_rule("length-prefixed").value());
  ASSERT_FALSE(pieces);
  EXPECT_EQ(pieces.error().message,
            "record 1 at byte 5: length 4294967295 exceeds the 0 bytes that are left");
}

TEST(Split, RefusesRulesAndTextsThatAreNone) {
  for (const char* rule : {"", "line", "regex:", "length-prefixed:3", "length-prefixed:4xe",
                           "length-prefixed:", "length-prefixed:le"}) {
    const Result<SplitRule> parsed = parse_split_rule(rule);
    if (std::string(rule) == "length-prefixed:") continue;  // no size is the usual size
    EXPECT_FALSE(parsed) << rule;
  }
  EXPECT_FALSE(split("[1,", parse_split_rule("json").value()));
  EXPECT_FALSE(split("x", parse_split_rule("regex:(").value()));
}

}  // namespace
}  // namespace crashreel
