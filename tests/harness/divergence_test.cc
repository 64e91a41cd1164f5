#include "harness/divergence.h"

#include <gtest/gtest.h>

#include "capture/runtime/output_digest.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

std::string eight(std::uint64_t word) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(word >> 8 * i);
  return bytes;
}

Input digest_input(std::uint32_t session, const AnswerDigest& digest) {
  return {.session = session,
          .kind = InputKind::kDigest,
          .data = eight(digest.value) + eight(digest.bytes)};
}

// "1:hello" is an input in session 1, "1=there" a digest of what was answered there.
Reel conversation(const std::string& text) {
  Reel reel;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto session = static_cast<std::uint32_t>(word[0] - '0');
    const std::string rest = word.substr(2);
    Input input = {.session = session, .data = rest + "\n"};
    if (word[1] == '=') input = digest_input(session, digest_of(rest + "\n"));
    input.seq = reel.inputs.size() + 1;
    reel.inputs.push_back(input);
  }
  return reel;
}

// What a replay answered to each input of the reel in turn; "-" nothing, "?" nobody knows.
std::vector<ReplayedAnswer> replayed(const Reel& reel, const std::string& text) {
  std::vector<ReplayedAnswer> answers;
  std::istringstream words(text);
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kDigest) continue;
    std::string word;
    if (!(words >> word)) break;
    if (word == "?") continue;
    answers.push_back({.to = &input, .digest = digest_of(word == "-" ? "" : word + "\n")});
  }
  return answers;
}

AnswerComparison compared(const Reel& reel, const std::string& first,
                          const std::string& second = "") {
  return compare_answers(recorded_answers(reel), replayed(reel, first), replayed(reel, second));
}

TEST(Divergence, IsNoneWhereAllAnswersAreTheSame) {
  const Reel reel = conversation("1:a 2:b 1=A 1:c 2=B 2:d 1=C");
  const AnswerComparison all = compared(reel, "A B C D");
  EXPECT_FALSE(all.first);
  EXPECT_EQ(all.recorded, 3U);
  EXPECT_EQ(all.same, 3U);
}

TEST(Divergence, IsTheFirstAnswerThatDiffersWhateverItsSession) {
  const Reel reel = conversation("1:a 2:b 1=A 1:c 2=B 2:d 1=C 1:e 2=D");
  const AnswerComparison all = compared(reel, "A other X D");
  ASSERT_TRUE(all.first);
  EXPECT_EQ(all.first->at->data, "b\n");
  EXPECT_EQ(all.first->production, digest_of("B\n"));
  EXPECT_EQ(all.first->replay, digest_of("other\n"));
  EXPECT_EQ(all.same, 1U);
  EXPECT_EQ(input_before(reel, *all.first->at)->data, "a\n");
  EXPECT_EQ(input_before(reel, reel.inputs[0]), nullptr);
}

TEST(Divergence, IsNotWhatVariesFromReplayToReplay) {
  const Reel reel = conversation("1:a 1=A 1:b 1=B 1:c 1=C 1:d");
  const AnswerComparison all = compared(reel, "T1 B X D", "T2 B X D");
  ASSERT_TRUE(all.first);
  EXPECT_EQ(all.first->at->data, "c\n");
  EXPECT_EQ(all.varying, 1U);
  EXPECT_EQ(all.same, 1U);
  EXPECT_FALSE(compared(reel, "T1 B C", "T2 B C").first);
}

TEST(Divergence, IsNotAnAnswerThatCameAfterTheNextInput) {
  const Reel reel = conversation("1:a 1=AAAA 1:b 1=BB 1:c 1=C 1:d");
  const AnswerComparison all = compared(reel, "AA BBBB C D");
  EXPECT_FALSE(all.first);
  EXPECT_EQ(all.shifted, 2U);
  EXPECT_EQ(all.same, 1U);
  const Reel late = conversation("1:a 1:b 1=AABB 1:c 1=C 1:d");
  EXPECT_FALSE(compared(late, "A BB C D").first);
}

TEST(Divergence, IsNotWhatTheReplayDidNotComeTo) {
  const Reel reel = conversation("1:a 1=A 1:b 1=B 1:c");
  const AnswerComparison all = compared(reel, "A ?");
  EXPECT_FALSE(all.first);
  EXPECT_EQ(all.unknown, 1U);
}

TEST(Divergence, IsAnAnswerThatDoesNotComeAtAll) {
  const Reel reel = conversation("1:a 1=A 1:b 1=B 1:c");
  EXPECT_EQ(compared(reel, "A - C").first->replay, digest_of(""));
}

TEST(Divergence, IsNotWhatTheKernelAloneHadAsLongAsTheSizeIsTheSame) {
  Reel reel = conversation("1:a 1:b");
  OutputDigest unseen;
  unseen.add_unseen(5);
  reel.inputs.insert(reel.inputs.begin() + 1,
                     digest_input(1, {.value = unseen.value(), .bytes = 5}));
  EXPECT_EQ(compared(reel, "file B").unseen, 1U);
  EXPECT_TRUE(compared(reel, "files B").first);
}

TEST(RecordedAnswers, AreNotThoseToInputsThatTheReelHasLost) {
  Reel reel = conversation("1=lost 1:a 1=A 1:b");
  EXPECT_EQ(recorded_answers(reel).size(), 1U);
  reel.inputs[1].place = Place::kHead;  // what came between it and the tail is lost
  EXPECT_EQ(recorded_answers(reel).size(), 0U);
}

TEST(RecordedAnswers, AreNoneWhereThereIsNoDigest) {
  EXPECT_TRUE(recorded_answers(conversation("1:a 1:b")).empty());
  Reel reel = conversation("1:a 1=A 1:b");
  reel.inputs[1].data = "not a digest";
  EXPECT_EQ(compared(reel, "A B").recorded, 0U);
}

// Of the answers that a server gives to inputs, those that the player has of them.
TEST(StepAnswers, AreThoseToEachInput) {
  const Reel reel = lines("1:PUT_a_one 2:GET_a 1:GET_b 2:GET_a 1:QUIT");
  const Outcome outcome = try_server("clerk", reel, {.script = {.keeps_answers = true}});
  ASSERT_EQ(outcome.ending, Ending::kSurvived) << ::testing::PrintToString(outcome);
  std::vector<std::string> expected = {"OK\n", "one\n", "NONE\n", "one\n", "BYE\n"};
  std::vector<ReplayedAnswer> answers = outcome.answers;
  std::erase_if(answers, [](const ReplayedAnswer& a) { return a.to->kind != InputKind::kData; });
  ASSERT_EQ(answers.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(answers[i].digest, digest_of(expected[i])) << i;
  }
}

TEST(StepAnswers, AreKeptOnDemandAlone) {
  EXPECT_TRUE(try_server("clerk", lines("1:GET_a 1:GET_b")).answers.empty());
}

TEST(StepAnswers, OfAProgramThatDiesAreThoseThatHadAnEnd) {
  const Reel reel = lines("1:PUT_a_one 2:GET_a 1:BURN_a");
  const Outcome outcome = try_server("clerk", reel, {.script = {.keeps_answers = true}});
  EXPECT_EQ(outcome.ending, Ending::kCrashed);
  std::vector<std::string> known;
  for (const ReplayedAnswer& answer : outcome.answers) {
    if (answer.to->kind == InputKind::kData) known.push_back(answer.to->data);
  }
  EXPECT_EQ(known, std::vector<std::string>{"PUT a one\n"});
}

TEST(StepAnswers, OfALongAnswerAreAllOfIt) {
  const std::string value(300'000, 'v');
  Reel reel = lines("1:PUT_a 1:GET_a 2:GET_a");
  reel.inputs[0].data = "PUT a " + value + "\n";
  const Outcome outcome = try_server("clerk", reel, {.script = {.keeps_answers = true}});
  EXPECT_EQ(outcome.answers.back().digest, digest_of(value + "\n"));
}

TEST(StepAnswers, DifferWithTheDateAndByChance) {
  const Reel reel = lines("1:DATE 1:TICKET 1:GET_a");
  const Outcome one = try_server("clerk", reel, {.script = {.keeps_answers = true}});
  const Outcome two =
      try_server("clerk", reel, {.script = {.keeps_answers = true, .varied = true}});
  ASSERT_EQ(one.answers.size(), 3U);
  ASSERT_EQ(two.answers.size(), 3U);
  EXPECT_NE(one.answers[0].digest, two.answers[0].digest);
  EXPECT_NE(one.answers[1].digest, two.answers[1].digest);
  EXPECT_EQ(one.answers[2].digest, two.answers[2].digest);
}

}  // namespace
}  // namespace crashreel
