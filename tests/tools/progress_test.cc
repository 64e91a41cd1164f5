#include "tools/progress.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

using std::chrono::milliseconds;

// A clock that stands still until it is told, and what was written.
class ProgressTest : public ::testing::Test {
 protected:
  ProgressLine progress_of(ProgressStyle style, std::size_t columns = 80) {
    return ProgressLine(
        style, columns, [this] { return now_; },
        [this](std::string_view bytes) { written_ += bytes; });
  }

  std::chrono::steady_clock::time_point now_{};
  std::string written_;
};

TEST_F(ProgressTest, SaysNothingWhenSilent) {
  ProgressLine progress = progress_of(ProgressStyle::kSilent);
  now_ += std::chrono::hours(1);
  progress.update("half way");
  EXPECT_EQ(written_, "");
}

TEST_F(ProgressTest, RewritesItsLineOnATerminalAndTakesItOff) {
  {
    ProgressLine progress = progress_of(ProgressStyle::kInPlace);
    now_ += milliseconds(100);
    progress.update("1 of 2");
    now_ += milliseconds(100);
    progress.update("2 of 2");
  }
  EXPECT_EQ(written_, "\r\033[K1 of 2\r\033[K2 of 2\r\033[K");
}

TEST_F(ProgressTest, SkipsLinesThatComeTooFast) {
  ProgressLine progress = progress_of(ProgressStyle::kLines);
  for (int i = 1; i <= 1000; ++i) {
    now_ += milliseconds(10);
    progress.update(std::to_string(i) + " of 1000");
  }
  EXPECT_EQ(written_, "crashreel: 500 of 1000\ncrashreel: 1000 of 1000\n");
}

TEST_F(ProgressTest, NeverWrapsATerminalsLine) {
  ProgressLine progress = progress_of(ProgressStyle::kInPlace, 10);
  now_ += milliseconds(100);
  progress.update("a long line of progress");
  EXPECT_EQ(written_, "\r\033[Ka long...");
}

}  // namespace
}  // namespace crashreel
