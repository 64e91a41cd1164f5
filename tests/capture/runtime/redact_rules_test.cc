// The language of redaction rules.
#include "capture/runtime/redact_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/capture/runtime/parsed_rules.h"

namespace crashreel::redact {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string complaint_about(const std::string& text, bool may_be_regex = false) {
  Rules rules;
  Complaint complaint;
  if (parse_rules(text.data(), text.size(), may_be_regex, rules, complaint)) return "none";
  return std::to_string(complaint.line) + ":" + std::to_string(complaint.column) + ": " +
         complaint.what;
}

std::vector<std::string> names(const Rules& rules) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < rules.count; ++i) {
    char name[kMostRuleName];
    all.emplace_back(name, name_of(rules.list[i], name));
  }
  return all;
}

std::string text_of(const Rule& rule) {
  return {reinterpret_cast<const char*>(rule.text), rule.size};
}

TEST(RedactRules, TakesOneRuleALineAndSkipsComments) {
  const Rules rules = parsed(
      "# what our users send\r\n"
      "mask:literal:hunter2\n"
      "\n"
      "  hash:line/i:\"authorization: \"  \n"
      "drop:session:tls\n"
      "mask:after:token= until:\"&\"\n"
      "mask:regex:\\d{16}");
  EXPECT_THAT(names(rules),
              ElementsAre("mask:literal", "hash:line", "drop:session", "mask:after", "mask:regex"));
  EXPECT_EQ(text_of(rules.list[1]), "authorization: ");
  EXPECT_TRUE(rules.list[1].any_case);
  EXPECT_EQ(text_of(rules.list[3]), "token=");
  EXPECT_TRUE(rules.list[3].ends.has('&'));
  EXPECT_FALSE(rules.list[3].ends.has(' '));
  EXPECT_EQ(text_of(rules.list[4]), "\\d{16}");
}

TEST(RedactRules, ReadsEscapesAndRunsOfDigits) {
  const Rules rules = parsed("mask:after:\"AUTH\\r\\n$\\d\\r\\n\"\nmask:literal:a\\x00\\\"\\\\b");
  EXPECT_EQ(text_of(rules.list[0]), "AUTH\r\n$0\r\n");
  EXPECT_TRUE(rules.list[0].digits.has(7));
  EXPECT_EQ(rules.list[0].head, 7u);
  EXPECT_EQ(text_of(rules.list[1]), std::string("a\0\"\\b", 5));
  EXPECT_EQ(rules.list[1].head, 5u);
}

TEST(RedactRules, SaysWhereAndWhatToWriteInstead) {
  EXPECT_EQ(complaint_about("hide:literal:x"), "1:1: begin with mask:, hash: or drop:");
  EXPECT_THAT(complaint_about("\nmask:word:x"), HasSubstr("2:6: write literal:, after:"));
  EXPECT_THAT(complaint_about("mask:session/i:x"), HasSubstr("1:13: only literal, after and line"));
  EXPECT_THAT(complaint_about("mask:literal:"), HasSubstr("1:14: say what to look for"));
  EXPECT_THAT(complaint_about("mask:literal:\"x"), HasSubstr("1:14: the closing quotation mark"));
  EXPECT_THAT(complaint_about("mask:literal:\\q"), HasSubstr("1:14: behind a backslash only"));
  EXPECT_THAT(complaint_about("mask:literal:\\d1"), HasSubstr("1:14: put some text before"));
  EXPECT_THAT(complaint_about("mask:literal:\"x\" y"), HasSubstr("1:17: behind the text only"));
  EXPECT_THAT(complaint_about("mask:after:x until:\\d"), HasSubstr("1:20: \\d can't end"));
  EXPECT_THAT(complaint_about("mask:literal:" + std::string(257, 'x')), HasSubstr("256 bytes"));
}

TEST(RedactRules, LeavesRegularExpressionsToSalvage) {
  EXPECT_THAT(complaint_about("mask:regex:[0-9]+"), HasSubstr("crashreel salvage --redact"));
  EXPECT_EQ(complaint_about("mask:regex:[0-9]+", true), "none");
}

TEST(RedactRules, TakesThirtyTwoAndNoMore) {
  std::string text;
  for (std::size_t i = 0; i < kMostRules; ++i) text += "mask:literal:x\n";
  EXPECT_EQ(complaint_about(text), "none");
  EXPECT_THAT(complaint_about(text + "mask:literal:x"), HasSubstr("33:1: more than 32 rules"));
}

bool fits(const std::string& pattern, const std::string& opening) {
  return session_fits(parsed("drop:session:" + pattern).list[0], opening.data(), opening.size());
}

TEST(RedactRules, FitsSessionsByTheWordsOfTheirOpening) {
  const std::string opening = "tcp inbound 127.0.0.1:6379 10.0.0.7:50112";
  for (const char* pattern : {"tcp", "tcp inbound", "tcp * *:6379", "*:6379", "* 10.0.0.?:*", "*",
                              "tcp inbound 127.0.0.1:6379 10.0.0.7:50112"}) {
    EXPECT_TRUE(fits(pattern, opening)) << pattern;
  }
  for (const char* pattern : {"tc", "unix", "tcp outbound", "*:637", "* 10.0.0.??:*",
                              "tcp inbound ?", "tcp inbound 127.0.0.1:6379 10.0.0.7:50112 more"}) {
    EXPECT_FALSE(fits(pattern, opening)) << pattern;
  }
  EXPECT_FALSE(fits("tcp", ""));
  EXPECT_TRUE(fits("*", ""));
}

}  // namespace
}  // namespace crashreel::redact
