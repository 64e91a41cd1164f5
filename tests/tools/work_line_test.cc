#include "tools/work_line.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(WorkText, HasTheEstimateBeforeWhatANarrowTerminalCuts) {
  EXPECT_EQ(work_text("try 9 of 60", 7.2, "SIGSEGV in f"),
            "try 9 of 60, about 8 s left: SIGSEGV in f");
  EXPECT_EQ(work_text("try 1 of 60", std::nullopt, "SIGSEGV in f"), "try 1 of 60: SIGSEGV in f");
  EXPECT_EQ(work_text("rates: the last 4 inputs", 41, ""),
            "rates: the last 4 inputs, about 50 s left");
}

}  // namespace
}  // namespace crashreel
