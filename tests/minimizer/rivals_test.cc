#include "tests/minimizer/rivals.h"

#include <gtest/gtest.h>

#include "minimizer/checker.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/scenes.h"

namespace crashreel::fakes {
namespace {

constexpr auto kDefault = PicireOrder::kDefault;
constexpr auto kRecommended = PicireOrder::kRecommended;

// The tool itself, without the tests that it makes of its own result, asked 175 and 111 times.
TEST(Rivals, PicireAsksAsOftenAsTheToolItself) {
  NeedsAll oracle({154, 331, 404, 970, 999});
  EXPECT_EQ(picire(1'000, oracle, kDefault).questions, 175U);
  EXPECT_EQ(picire(1'000, oracle, kRecommended).questions, 111U);
}

TEST(Rivals, PicireEndsOneMinimal) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Scene scene = uniform_scene(1'000, 6, seed);
    EXPECT_EQ(picire(1'000, *scene.oracle, kDefault).kept, scene.minimal);
    EXPECT_EQ(picire(1'000, *scene.oracle, kRecommended).kept, scene.minimal);
  }
}

struct Mean {
  double picire = 0;
  double recommended = 0;
  double halfempty = 0;
};

Mean mean_of(std::uint32_t items, std::uint32_t needed) {
  constexpr int kSeeds = 30;
  Mean mean;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Scene scene = uniform_scene(items, needed, 5'000 + seed);
    const auto asked = [](const RivalResult& result) {
      return static_cast<double>(result.questions) / kSeeds;
    };
    mean.picire += asked(picire(items, *scene.oracle, kDefault));
    mean.recommended += asked(picire(items, *scene.oracle, kRecommended));
    mean.halfempty += asked(halfempty_bisect(items, *scene.oracle));
  }
  return mean;
}

// Means over other seeds, from an independent simulator made of the same sources.
TEST(Rivals, AskAsOftenAsInAnIndependentSimulation) {
  const Mean few = mean_of(1'000, 5);
  EXPECT_NEAR(few.picire, 175, 0.05 * 175);
  EXPECT_NEAR(few.recommended, 105, 0.05 * 105);
  EXPECT_NEAR(few.halfempty, 68, 0.05 * 68);
  const Mean many = mean_of(1'000, 100);
  EXPECT_NEAR(many.picire, 1'866, 0.05 * 1'866);
  EXPECT_NEAR(many.recommended, 1'142, 0.05 * 1'142);
  EXPECT_NEAR(many.halfempty, 688, 0.05 * 688);
}

TEST(Rivals, FindTheMinimumOfASimpleCrash) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Scene scene = uniform_scene(1'000, 6, seed);
    for (const auto rival : {delta_debug_1999, probdd, syzkaller_slice, find_integer_backward}) {
      EXPECT_EQ(rival(1'000, *scene.oracle).kept, scene.minimal);
    }
  }
}

// Means of that simulator once more.
TEST(Rivals, OfOtherFamiliesAskAsOftenAsInAnIndependentSimulation) {
  struct Known {
    RivalResult (*ask)(std::uint32_t items, Oracle& oracle);
    double questions;
  };
  for (const Known& known : {Known{delta_debug_1999, 619}, Known{probdd, 677},
                             Known{syzkaller_slice, 633}, Known{find_integer_backward, 722}}) {
    constexpr int kSeeds = 30;
    double mean = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      Scene scene = uniform_scene(1'000, 100, 5'000 + seed);
      mean += static_cast<double>(known.ask(1'000, *scene.oracle).questions) / kSeeds;
    }
    EXPECT_NEAR(mean, known.questions, 0.05 * known.questions);
  }
}

TEST(Rivals, HalfemptyCanStopShortOfAMinimum) {
  Scene scene = pairs_scene(2'000, 5, 1);
  const RivalResult result = halfempty_bisect(2'000, *scene.oracle);
  EXPECT_FALSE(check_one_minimal(scene.items, result.kept, *scene.oracle).one_minimal);
}

}  // namespace
}  // namespace crashreel::fakes
