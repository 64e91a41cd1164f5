#include "tools/time_left.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

using std::chrono::seconds;

class TimeLeftTest : public ::testing::Test {
 protected:
  std::optional<double> after(std::uint64_t asked, std::uint64_t expected, int at_second) {
    return left_.after("inputs", asked, expected, TimeLeft::Time{} + seconds(at_second));
  }

  TimeLeft left_;
};

TEST_F(TimeLeftTest, SaysNothingBeforeAFewAnswers) {
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(after(static_cast<std::uint64_t>(i), 100, 2 * i));
  EXPECT_DOUBLE_EQ(after(4, 100, 8).value(), 96 * 2);
}

TEST_F(TimeLeftTest, FollowsQuestionsThatBecomeShorter) {
  after(0, 100, 0);
  after(10, 100, 100);
  const double before = after(10, 100, 100).value();
  EXPECT_DOUBLE_EQ(before, 90 * 10);
  for (std::uint64_t asked = 11; asked <= 40; ++asked) {
    after(asked, 100, 100 + static_cast<int>(asked) - 10);
  }
  EXPECT_NEAR(after(40, 100, 130).value(), 60, 2);
}

TEST_F(TimeLeftTest, BeginsAnewWithEachStage) {
  after(0, 100, 0);
  EXPECT_TRUE(after(50, 100, 50));
  EXPECT_FALSE(left_.after("bytes", 3, 10, TimeLeft::Time{} + seconds(51)));
  EXPECT_FALSE(left_.after("bytes", 4, 10, TimeLeft::Time{} + seconds(52)));
}

TEST_F(TimeLeftTest, NothingIsLeftWhereNothingIsExpected) {
  after(0, 10, 0);
  EXPECT_FALSE(after(10, 10, 10));
  EXPECT_FALSE(after(12, 10, 12));
}

TEST(TextOfTimeLeft, ClaimsNoMoreDigitsThanAreKnown) {
  EXPECT_EQ(text_of_time_left(0.01), "about 1 s left");
  EXPECT_EQ(text_of_time_left(7.2), "about 8 s left");
  EXPECT_EQ(text_of_time_left(41), "about 50 s left");
  EXPECT_EQ(text_of_time_left(121), "about 3 min left");
  EXPECT_EQ(text_of_time_left(8000), "about 3 h left");
}

}  // namespace
}  // namespace crashreel
