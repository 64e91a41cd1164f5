#include "minimizer/blame.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/minimizer/fake_oracles.h"

namespace crashreel {
namespace {

using namespace fakes;

TEST(Blame, IsTheLastItemWithoutWhichThereIsNoCrash) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const auto items = static_cast<std::uint32_t>(1 + random() % 40);
    std::vector<Choice> causes(1 + random() % 3);
    for (Choice& cause : causes) {
      for (std::uint32_t item = 0; item < items; ++item) {
        if (random() % 8 == 0) cause.push_back(item);
      }
    }
    EitherOf oracle(causes);
    std::optional<std::uint32_t> truth;
    for (std::uint32_t left_out = 0; left_out < items; ++left_out) {
      Choice rest;
      for (std::uint32_t item = 0; item < items; ++item) {
        if (item != left_out) rest.push_back(item);
      }
      if (oracle.ask(rest) != Verdict::kReproduces) truth = left_out;
    }
    const Blame blame = find_blame(items, oracle, {});
    EXPECT_TRUE(blame.reproduces);
    EXPECT_EQ(blame.last_avoidable, truth);
  }
}

TEST(Blame, TakesALogarithmOfQuestions) {
  NeedsAll oracle({17, 60'000});
  const Blame blame = find_blame(100'000, oracle, {});
  EXPECT_EQ(blame.last_avoidable, 60'000U);
  EXPECT_LE(blame.questions, 40U);
}

}  // namespace
}  // namespace crashreel
