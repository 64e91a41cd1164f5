// Rules from the command line, and reels under rules.
#include "tools/pipeline/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/masks.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

std::string trouble_with(const std::string& rule, RulesFor use = RulesFor::kRecord) {
  const Result<std::string> rules = rules_from({rule}, use);
  return rules ? "none" : rules.error().message;
}

Reel reel_of(std::vector<Input> inputs) {
  Reel reel;
  reel.inputs = std::move(inputs);
  return reel;
}

void redact(Reel& reel, const std::string& rules) {
  const std::vector<Input> clear = std::exchange(reel.inputs, {});
  InputsInMemory inputs(clear);
  const auto redacted = redact_reel(reel, inputs, rules, "key");
  ASSERT_TRUE(redacted.has_value()) << redacted.error().message;
  InputSource& kept = *redacted ? **redacted : inputs;
  kept.rewind();
  while (const Input* input = kept.next()) reel.inputs.push_back(*input);
  // Whoever writes a reel asks twice.
  kept.rewind();
  for (const Input& input : reel.inputs) {
    const Input* again = kept.next();
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(*again, input);
  }
  EXPECT_EQ(kept.next(), nullptr);
}

// "seq kind data" of each input.
std::vector<std::string> told(const Reel& reel) {
  std::vector<std::string> all;
  for (const Input& input : reel.inputs) {
    all.push_back(std::to_string(input.seq) + " " + name_of(input.kind) + " " + input.data);
  }
  return all;
}

TEST(RulesFrom, JoinsRulesAndFilesOfRules) {
  const Folder folder;
  put_file(folder / "rules", "# ours\nmask:literal:b\n");
  const Result<std::string> rules =
      rules_from({"mask:literal:a", "@" + (folder / "rules")}, RulesFor::kRecord);
  ASSERT_TRUE(rules.has_value()) << rules.error().message;
  EXPECT_EQ(*rules, "mask:literal:a\n# ours\nmask:literal:b\n\n");
}

TEST(RulesFrom, NamesTheFileAndThePlaceThatIsWrong) {
  const Folder folder;
  put_file(folder / "rules", "mask:literal:b\nmask:word:c\n");
  EXPECT_THAT(trouble_with("@" + (folder / "rules")),
              HasSubstr("rules: redaction rule in line 2, column 6: write literal:"));
  EXPECT_THAT(trouble_with("@" + (folder / "none")), HasSubstr("none: can't be read"));
  EXPECT_THAT(trouble_with("mask:word:c"), HasSubstr("--redact: redaction rule in line 1"));
}

TEST(RulesFrom, TakesRegularExpressionsForSalvageAlone) {
  EXPECT_THAT(trouble_with("mask:regex:[0-9]+"), HasSubstr("crashreel salvage --redact"));
  EXPECT_EQ(trouble_with("mask:regex:[0-9]+", RulesFor::kSalvage), "none");
  EXPECT_THAT(trouble_with("mask:regex:(", RulesFor::kSalvage), HasSubstr("missing ): ("));
}

TEST(RedactReel, SaysBehindEachInputWhatWasMaskedAndMovesTheOthersBack) {
  Reel reel = reel_of({{.seq = 3, .session = 1, .data = "AUTH a"},
                       {.seq = 7, .session = 1, .data = "GET"},
                       {.seq = 8, .session = 2, .data = "AUTH b"},
                       {.seq = 9, .session = 2, .data = "GET"}});
  reel.loss.first_kept_seq = 7;
  redact(reel, "mask:after:\"AUTH \"");
  EXPECT_THAT(told(reel), ElementsAre("3 data AUTH x", "4 masked 6 1:mask:5+1", "8 data GET",
                                      "9 data AUTH x", "10 masked 6 1:mask:5+1", "11 data GET"));
  EXPECT_EQ(reel.loss.first_kept_seq, 8u);
  EXPECT_THAT(reel.redaction.salvage_rules, ElementsAre("1 mask:after"));
  EXPECT_EQ(reel.inputs[4].session, 2u);
}

TEST(RedactReel, FindsWhatARegularExpressionDescribes) {
  Reel reel = reel_of({{.session = 1, .data = std::string("card 4111111111111111\0 end", 26)},
                       {.seq = 1, .session = 1, .data = "id=7 name=bob name=eve"}});
  redact(reel, "mask:regex:\\b\\d{13,19}\\b\nhash:regex:name=(\\w+)");
  EXPECT_EQ(reel.inputs[0].data, std::string("card xxxxxxxxxxxxxxxx\0 end", 26));
  EXPECT_EQ(reel.inputs[1].data, "26 1:mask:5+16");
  EXPECT_THAT(reel.inputs[2].data, MatchesRegex("id=7 name=[a-p]{3} name=[a-p]{3}"));
  EXPECT_EQ(reel.inputs[3].data, "22 2:hash:10+3 2:hash:19+3");
}

TEST(RedactReel, MasksWholeSessionsAndDrops) {
  Reel reel = reel_of({{.seq = 0, .session = 1, .kind = InputKind::kOpen, .data = "tls inbound"},
                       {.seq = 1, .session = 1, .data = "abc"},
                       {.seq = 2, .session = 2, .data = "abc"}});
  redact(reel, "drop:session:tls");
  EXPECT_THAT(told(reel),
              ElementsAre("0 open tls inbound", "1 data ", "2 masked 3 1:drop:0+3", "3 data abc"));
}

TEST(RedactReel, GivesItsRulesNumbersBehindThoseOfRecording) {
  Reel reel = reel_of({{.session = 1, .data = "abc"}});
  reel.redaction.rules = {"1 mask:literal", "2 mask:line", "0 hook"};
  redact(reel, "mask:literal:b");
  EXPECT_THAT(reel.redaction.salvage_rules, ElementsAre("3 mask:literal"));
  EXPECT_EQ(reel.inputs[1].data, "3 3:mask:1+1");
}

TEST(RedactReel, CleansWhatIsKnownOfTheProgram) {
  Reel reel;
  reel.program.argv = {"server", "--password=secret"};
  reel.program.env = {"LANG=C"};
  reel.files = {{"/etc/a.conf", 0600, "pass secret\n"}};
  redact(reel, "drop:regex:pass \\w+\nmask:after:password=");
  EXPECT_THAT(reel.program.argv, ElementsAre("server", "--password=xxxxxx"));
  EXPECT_EQ(reel.files[0].bytes, "xxxxxxxxxxxx");
  EXPECT_EQ(reel.redaction.masked_facts, 2u);
}

TEST(RedactReel, ChangesNothingWithoutRules) {
  Reel reel = reel_of({{.session = 1, .data = "abc"}});
  const Reel before = reel;
  redact(reel, "# none\n");
  EXPECT_EQ(reel, before);
}

TEST(MaskedHint, NamesTheFirstMaskedInput) {
  Reel reel = reel_of({{.seq = 5, .session = 1, .data = "AUTH a"}});
  EXPECT_THAT(masked_hint(reel), IsEmpty());
  redact(reel, "mask:after:\"AUTH \"");
  EXPECT_THAT(masked_hint(reel), HasSubstr("input 5 is masked: a masked field may be why"));
}

TEST(Masks, ReadWhatTheyWrite) {
  for (const char* text : {"0", "57 1:mask:5+7 0:hash:20+16", "8 12:drop:0+8"}) {
    const auto masks = parse_masks(text);
    ASSERT_TRUE(masks.has_value()) << text;
    EXPECT_EQ(to_text(*masks), text);
  }
}

TEST(Masks, RefuseWhatFitsNoPayload) {
  for (const char* text : {"", "x", "7 ", "7 1:mask:5+3", "7 1:mask:5+0", "7 1:burn:0+1",
                           "7 1:mask:3+1 1:mask:3+1", "07 1:mask:0+1", "7 1:mask:0+1,",
                           "99999999999999999999 1:mask:0+1", "7 1:mask:1+18446744073709551615"}) {
    EXPECT_FALSE(parse_masks(text).has_value()) << text;
  }
}

TEST(Masks, SpeakOfTheRecordBeforeThemInTheirSession) {
  const Reel reel = reel_of({{.seq = 0, .session = 1, .data = "a"},
                             {.seq = 1, .session = 2, .data = "b"},
                             {.seq = 2, .session = 1, .kind = InputKind::kMasked, .data = "1"},
                             {.seq = 3, .session = 3, .kind = InputKind::kMasked, .data = "1"}});
  const auto masked = masked_inputs(reel.inputs);
  ASSERT_EQ(masked.size(), 1u);
  EXPECT_EQ(masked[0].input, 0u);
  EXPECT_EQ(masked[0].says, 2u);
}

}  // namespace
}  // namespace crashreel::testing
