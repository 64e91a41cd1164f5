#include "harness/sanitizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crashreel {
namespace {

using ::testing::Contains;
using ::testing::SizeIs;

TEST(Sanitizer, ItsFindingIsTheSummaryWithoutThePlace) {
  EXPECT_EQ(
      finding_in("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x6\n"
                 "SUMMARY: AddressSanitizer: heap-use-after-free /src/a b.cc:12:3 in take_in\n"
                 "Shadow bytes\n"),
      "AddressSanitizer: heap-use-after-free in take_in");
  EXPECT_EQ(finding_in("SUMMARY: AddressSanitizer: SEGV /src/a.cc:12 in run"),
            "AddressSanitizer: SEGV in run");
  EXPECT_EQ(finding_in("a.c:3:4: runtime error: index 9 out of bounds\n  #0 f\n"),
            "runtime error: index 9 out of bounds");
}

TEST(Sanitizer, OtherOutputIsNoFinding) {
  EXPECT_EQ(finding_in(""), "");
  EXPECT_EQ(finding_in("SUMMARY: 3 requests\n"), "");
  EXPECT_EQ(finding_in("SUMMARY: "), "");
}

TEST(Sanitizer, AHostileFindingIsCut) {
  EXPECT_THAT(finding_in("SUMMARY: AddressSanitizer: " + std::string(5000, 'x')), SizeIs(200));
}

TEST(Sanitizer, WhatTheEnvironmentSaysStaysWhereItDoesNotContradict) {
  std::vector<std::string> env = {"ASAN_OPTIONS=quarantine_size_mb=1", "PATH=/bin"};
  make_findings_fatal(env);
  EXPECT_THAT(env, Contains("PATH=/bin"));
  EXPECT_TRUE(env[0].starts_with("ASAN_OPTIONS=quarantine_size_mb=1:abort_on_error=1:")) << env[0];
  EXPECT_THAT(env, Contains("MSAN_OPTIONS=abort_on_error=1"));
}

TEST(Sanitizer, KnowsItsOwnFrames) {
  EXPECT_TRUE(is_sanitizers_own("__asan_memcpy", "server"));
  EXPECT_TRUE(is_sanitizers_own("f", "libasan.so.8.0.0"));
  EXPECT_TRUE(is_sanitizers_own("raise", "libc.so.6"));
  EXPECT_FALSE(is_sanitizers_own("raise_price", "server"));
}

}  // namespace
}  // namespace crashreel
