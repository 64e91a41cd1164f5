#include "minimizer/asker.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/minimizer/fake_oracles.h"

namespace crashreel {
namespace {

using fakes::Kept;
using fakes::Watched;

// Answers what it is told, in turn.
class Scripted : public Oracle {
 public:
  explicit Scripted(std::deque<Verdict> verdicts) : verdicts_(std::move(verdicts)) {}
  Verdict ask(Kept) override {
    const Verdict next = verdicts_.front();
    verdicts_.pop_front();
    return next;
  }
  std::size_t left() const { return verdicts_.size(); }

 private:
  std::deque<Verdict> verdicts_;
};

constexpr auto kCrash = Verdict::kReproduces;
constexpr auto kPass = Verdict::kPasses;
constexpr auto kOther = Verdict::kDifferent;
constexpr auto kNone = Verdict::kUnresolved;

TEST(Asker, AsksAQuestionOnce) {
  Scripted oracle({kCrash});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1, 2}, 1), true);
  EXPECT_EQ(asker.reproduces({1, 2}, 1), true);
  EXPECT_EQ(asker.tally().questions, 1U);
  EXPECT_EQ(asker.tally().runs, 1U);
}

TEST(Asker, TakesASingleCrashAmongTheVotes) {
  Scripted oracle({kPass, kPass, kCrash});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1}, 5), true);
  EXPECT_EQ(asker.tally().questions, 1U);
  EXPECT_EQ(asker.tally().runs, 3U);
}

TEST(Asker, CountsEarlierVotesWhenMoreAreWanted) {
  Scripted oracle({kPass, kPass, kPass});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1}, 2), false);
  EXPECT_EQ(asker.reproduces({1}, 3), false);
  EXPECT_EQ(oracle.left(), 0U);
}

TEST(Asker, NeverAcceptsAnotherCrashAndKeepsItAside) {
  Scripted oracle({kOther, kOther});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1}, 3), false);
  EXPECT_EQ(asker.reproduces({2}, 3), false);
  EXPECT_EQ(asker.tally().different, (std::vector<Choice>{{1}, {2}}));
}

TEST(Asker, KeepsNoMoreOtherCrashesThanAsked) {
  Scripted oracle({kOther, kOther, kOther});
  Asker asker(oracle, {.max_different = 2});
  for (std::uint32_t i = 0; i < 3; ++i) asker.reproduces({i}, 1);
  EXPECT_EQ(asker.tally().different.size(), 2U);
}

TEST(Asker, TriesOnceMoreWithoutAnAnswer) {
  Scripted oracle({kNone, kCrash});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1}, 1), true);
  EXPECT_EQ(asker.tally().unresolved, 0U);
}

TEST(Asker, TakesTwoRunsWithoutAnAnswerForAPassAndCountsThem) {
  Scripted oracle({kNone, kNone});
  Asker asker(oracle, {});
  EXPECT_EQ(asker.reproduces({1}, 1), false);
  EXPECT_EQ(asker.tally().unresolved, 1U);
  EXPECT_EQ(asker.tally().runs, 2U);
}

TEST(Asker, HasNoAnswersBeyondItsBudget) {
  Scripted oracle({kPass, kPass});
  Asker asker(oracle, {.max_questions = 2});
  EXPECT_EQ(asker.reproduces({1}, 1), false);
  EXPECT_EQ(asker.reproduces({2}, 1), false);
  EXPECT_FALSE(asker.stopped());
  EXPECT_EQ(asker.reproduces({3}, 1), std::nullopt);
  EXPECT_TRUE(asker.stopped());
}

TEST(Asker, StillAnswersWhatItKnowsBeyondItsBudget) {
  Scripted oracle({kCrash});
  Asker asker(oracle, {.max_questions = 1});
  asker.reproduces({1}, 1);
  EXPECT_EQ(asker.reproduces({1}, 1), true);
  EXPECT_FALSE(asker.stopped());
}

TEST(Asker, StopsBetweenTheVotesOfAQuestion) {
  Scripted oracle({kPass, kPass, kPass});
  int looks = 0;
  Asker asker(oracle, {.stop = [&] { return ++looks > 2; }});
  EXPECT_EQ(asker.reproduces({1}, 3), std::nullopt);
  EXPECT_EQ(oracle.left(), 1U);
}

TEST(Asker, FetchesSeveralAtOnceAndEachOnce) {
  fakes::NeedsAll truth({1});
  Watched oracle(truth);
  Asker asker(oracle, {});
  const std::vector<Choice> choices = {{1}, {2}, {1}, {1, 2}};
  asker.fetch(choices, 1);
  EXPECT_EQ(oracle.largest_batch, 3U);
  EXPECT_EQ(asker.tally().guesses, 3U);
  EXPECT_EQ(asker.reproduces({1, 2}, 1), true);
  EXPECT_EQ(asker.tally().guesses, 2U);
  EXPECT_EQ(asker.tally().questions, 1U);
  EXPECT_EQ(oracle.runs, 3U);
}

TEST(Asker, AddsUpTheItemsOfEveryRun) {
  Scripted oracle({kPass, kPass, kPass});
  Asker asker(oracle, {});
  asker.reproduces({1, 2, 3}, 2);
  asker.reproduces({5}, 1);
  EXPECT_EQ(asker.tally().items_sent, 7U);
}

}  // namespace
}  // namespace crashreel
