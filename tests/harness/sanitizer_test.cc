#include "harness/sanitizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

// As each of them prints it, of builds with and without names.
TEST(Sanitizer, EachOneOfThemIsRead) {
  const std::pair<std::string, std::string> summaries[] = {
      {"ThreadSanitizer: data race /src/race.cc:3:7 in main", "ThreadSanitizer: data race in main"},
      {"ThreadSanitizer: data race (server+0x4a3f) (BuildId: 12ab) in take",
       "ThreadSanitizer: data race in take"},
      {"ThreadSanitizer: lock-order-inversion (potential deadlock) a.cc:9 in lock",
       "ThreadSanitizer: lock-order-inversion (potential deadlock) in lock"},
      {"MemorySanitizer: use-of-uninitialized-value /src/a.cc:9:11 in main",
       "MemorySanitizer: use-of-uninitialized-value in main"},
      {"LeakSanitizer: 40 byte(s) leaked in 1 allocation(s).", "LeakSanitizer: memory leaked"},
      {"AddressSanitizer: 4096 byte(s) leaked in 7 allocation(s).",
       "AddressSanitizer: memory leaked"},
      {"UndefinedBehaviorSanitizer: undefined-behavior a.cc:3:4",
       "UndefinedBehaviorSanitizer: undefined-behavior"},
      {"AddressSanitizer: heap-buffer-overflow (/usr/bin/server+0x12) in store",
       "AddressSanitizer: heap-buffer-overflow in store"},
      {"AddressSanitizer: odr-violation: global 'a' at a.cc:3",
       "AddressSanitizer: odr-violation: global 'a' at"},
      {"AddressSanitizer: stack-overflow", "AddressSanitizer: stack-overflow"}};
  for (const auto& [summary, finding] : summaries) {
    EXPECT_EQ(finding_in("SUMMARY: " + summary + "\n"), finding);
  }
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
  EXPECT_THAT(env, Contains("LSAN_OPTIONS=detect_leaks=0"));
}

TEST(Sanitizer, SeeksLeaksWhereTheyCount) {
  std::vector<std::string> env = {"ASAN_OPTIONS=detect_leaks=0"};
  make_findings_fatal(env, true);
  EXPECT_TRUE(env[0].ends_with(":detect_leaks=1")) << env[0];
  EXPECT_TRUE(tells_of_leak("==7==ERROR: LeakSanitizer: detected memory leaks\n"));
  EXPECT_TRUE(tells_of_leak("AddressSanitizer: memory leaked in keep"));
  EXPECT_FALSE(tells_of_leak("AddressSanitizer: heap-use-after-free in keep"));
  EXPECT_EQ(leaking_function("AddressSanitizer: memory leaked in a::keep"), "a::keep");
  EXPECT_EQ(leaking_function("AddressSanitizer: memory leaked"), "");
}

}  // namespace
}  // namespace crashreel
