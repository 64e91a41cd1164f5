#include "capture/reel/reel.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(Reel, NamesEveryKindOfInputAndKnowsTheWayBack) {
  for (int number = 1; number <= 7; ++number) {
    const auto kind = static_cast<InputKind>(number);
    EXPECT_EQ(input_kind_of(name_of(kind)), kind);
  }
  EXPECT_EQ(input_kind_of("unknown"), std::nullopt);
  EXPECT_EQ(input_kind_of(""), std::nullopt);
}

TEST(Reel, CountsWhatSessionsBringAndSignals) {
  EXPECT_TRUE(counts_as_input(InputKind::kData));
  EXPECT_TRUE(counts_as_input(InputKind::kSignal));
  for (InputKind kind : {InputKind::kOpen, InputKind::kClose, InputKind::kClock, InputKind::kRandom,
                         InputKind::kNote})
    EXPECT_FALSE(counts_as_input(kind)) << name_of(kind);
}

TEST(Reel, NamesTargetKinds) {
  EXPECT_STREQ(name_of(TargetKind::kServer), "server");
  EXPECT_STREQ(name_of(TargetKind::kStdin), "stdin");
}

}  // namespace
}  // namespace crashreel
