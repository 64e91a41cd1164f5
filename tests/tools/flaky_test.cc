// A crash that comes sometimes, because chance decides: what a user is told of it, and how it is
// had again. The seeds are the same in every run of this test, so that the counts are, too.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::one_object;

// So often a die of 256 sides is rolled that it shows the deadly one in half of all tries.
constexpr int kRolls = 177;

class FlakyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string rolls;
    for (int i = 0; i < kRolls; ++i) rolls += "RU";
    directory_.write("rolls", rolls);
    const CommandRun run = type(
        "jq -Rc '{session: 0, data: @base64}' rolls | crashreel import - -q -o dice.reel -- "
        "" CRASHREEL_BUILD_DIR "/zoo/dice 7001");
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }
  Json answer_to(const std::string& line) { return one_object(type(line + " --json").out); }

  testing::TemporaryDirectory directory_;
};

TEST_F(FlakyTest, IsSaidWithTheSeedsThatBringIt) {
  const CommandRun run = type("crashreel replay dice.reel --tries 20 --jobs 2");
  EXPECT_THAT(run.out, HasSubstr("came of the seeds 1 to 20; the crash came with "));
  const Json answer = answer_to("crashreel replay dice.reel --tries 20 --jobs 2");
  const auto seeds = answer["seeds"].get<std::vector<std::uint64_t>>();
  EXPECT_EQ(std::set(seeds.begin(), seeds.end()).size(), 20u);  // no two tries share one
  EXPECT_EQ(answer["reproducing_seeds"].size(), answer["reproduced"]);
}

TEST_F(FlakyTest, ComesBackWithItsSeed) {
  const Json answer = answer_to("crashreel replay dice.reel --tries 8");
  const auto seeds = answer["reproducing_seeds"].get<std::vector<std::uint64_t>>();
  ASSERT_GT(seeds.size(), 0u);
  ASSERT_LT(seeds.size(), 8u);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const CommandRun run = type("crashreel replay dice.reel --seed " + std::to_string(seed));
    EXPECT_EQ(run.exit, std::ranges::find(seeds, seed) == seeds.end() ? 1 : 0) << seed;
    EXPECT_THAT(run.out, HasSubstr("came of seed " + std::to_string(seed) + "\n"));
  }
}

TEST_F(FlakyTest, HasARateWhoseIntervalHoldsTheTruth) {
  const CommandRun run = type("crashreel replay dice.reel --tries 20 --jobs 2");
  EXPECT_EQ(run.exit, 4);
  const Json answer = answer_to("crashreel replay dice.reel --tries 20 --jobs 2");
  const int reproduced = answer["reproduced"];
  EXPECT_EQ(answer["tries"], 20);
  EXPECT_EQ(reproduced + answer["passed"].get<int>(), 20);
  EXPECT_THAT(run.out, HasSubstr("reproduced " + std::to_string(reproduced) + " of 20, no crash"));
  const double truth = 1 - std::pow(255.0 / 256, kRolls);
  EXPECT_LT(answer["rate_interval"][0], truth);
  EXPECT_GT(answer["rate_interval"][1], truth);
}

TEST_F(FlakyTest, IsTriedNoMoreOnceTheAskedRateIsCertain) {
  const Json often = answer_to("crashreel replay dice.reel --tries 40 --rate 10");
  EXPECT_EQ(often["reproduced"], 4);
  EXPECT_GT(often["passed"], 0);
  EXPECT_LT(often["tries"], 40);
  EXPECT_TRUE(often["rate_interval"].is_null());
  const CommandRun seldom = type("crashreel replay dice.reel --tries 40 --rate 90");
  EXPECT_EQ(seldom.exit, 4);
  EXPECT_THAT(seldom.out, HasSubstr("no crash in 5 of "));
  EXPECT_THAT(seldom.out, HasSubstr("of 40 tries, which no other answers could change"));
}

TEST_F(FlakyTest, IsNotTakenForMended) {
  const Json answer = answer_to("crashreel replay dice.reel --seed 4 --tries 20 --expect fixed");
  EXPECT_EQ(answer["reproduced"], 1);
  EXPECT_EQ(answer["passed"], 3);  // so many go well before
  EXPECT_EQ(answer["tries"], 4);
  EXPECT_TRUE(answer["rate_below"].is_null());
  const CommandRun run = type("crashreel replay dice.reel --seed 4 --tries 20 --expect fixed");
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.out, Not(HasSubstr("it still crashes in fewer than")));
  EXPECT_EQ(type("crashreel replay dice.reel --seed 4 --tries 20 --bisect").exit, 1);
}

}  // namespace
}  // namespace crashreel
