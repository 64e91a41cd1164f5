// Programs into which no player can be loaded are fed from outside, and tell the same of a try.
#include "harness/outside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr char kSessions[] = "1+ 1:one 2+ 2:two 1:three 2- 3:four 1:five 1- 3:six";

TEST(Outside, TellsTheSameOfAStaticBuildAsThePlayerOfADynamicOne) {
  const Reel reel = lines(kSessions);
  const Outcome inside = try_server("echo", reel);
  const Outcome outside = try_server("echo_static", reel);
  EXPECT_EQ(outside.ending, Ending::kSurvived) << testing::PrintToString(outside);
  EXPECT_EQ(told(outside), told(inside));
}

TEST(Outside, FindsTheCrashAndItsInput) {
  const Outcome outcome = try_server("echo_static", lines("1:one 2:two 1:BREAK 2:three"));
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_EQ(in_flight(outcome), "BREAK\n");
  EXPECT_THAT(outcome.signature.frames, Not(IsEmpty()));
}

TEST(Outside, FeedsAProgramWithoutLibc) {
  const Outcome outcome = try_server("rawcalls", scene("1:x 2:A 1:xxA 2:F 1:F"));
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "F");
}

TEST(Outside, FeedsThreadsInOrder) {
  const Reel reel = lines(kSessions);
  EXPECT_EQ(told(try_server("handoff_static", reel)), told(try_server("handoff", reel)));
}

TEST(Outside, FeedsProcessesInOrder) {
  const Reel reel =
      lines("1+ 1:ADD_1 2:ADD_2 1:ADD_30 2:ADD_2 2:END 3:ENDED 3:ADD_400 1- 4:ENDED 3:ADD_5");
  EXPECT_EQ(told(try_server("forking_static", reel)), told(try_server("forking", reel)));
}

TEST(Outside, EndsWhatSpinsAsAHang) {
  const Outcome outcome = try_server("busy_static", lines("1:one 1:SPIN 1:two"), kImpatient);
  EXPECT_EQ(outcome.ending, Ending::kHung) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "SPIN\n");
}

TEST(Outside, SaysThatItListensNowhere) {
  const Outcome outcome = try_server("deaf_static", lines("1:one"));
  EXPECT_EQ(outcome.ending, Ending::kDeaf) << testing::PrintToString(outcome);
}

}  // namespace
}  // namespace crashreel
