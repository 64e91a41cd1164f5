#include "tools/duration.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(Duration, IsAWholeNumberWithAUnit) {
  EXPECT_EQ(*parse_milliseconds("1ms"), 1u);
  EXPECT_EQ(*parse_milliseconds("30s"), 30'000u);
  EXPECT_EQ(*parse_milliseconds("10min"), 600'000u);
  EXPECT_EQ(*parse_milliseconds("2h"), 7'200'000u);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "30", "s", "0s", "-1s", "1.5s", "30 s", "30S", "1d", "9999999h",
                           "18446744073709551615h"}) {
    const Result<std::uint64_t> time = parse_milliseconds(text);
    ASSERT_FALSE(time) << text;
    EXPECT_NE(time.error().message.find("for example 30s"), std::string::npos);
  }
}

}  // namespace
}  // namespace crashreel
