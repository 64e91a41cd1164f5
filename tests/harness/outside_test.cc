// Programs into which no player can be loaded are fed from outside, and tell the same of a try.
#include "harness/outside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <set>
#include <string>

#include "harness/watchdog.h"
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
  const Reel reel = lines("1:one 2:two 1:BREAK 2:three");
  const Outcome outcome = try_server("echo_static", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_EQ(in_flight(outcome), "BREAK\n");
  EXPECT_THAT(outcome.signature.frames, Not(IsEmpty()));
}

TEST(Outside, FeedsAProgramWithoutLibc) {
  const Reel reel = scene("1:x 2:A 1:xxA 2:F 1:F");
  const Outcome outcome = try_server("rawcalls", reel);
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

TEST(Outside, SendsDatagramsAndTakesWhatComesBack) {
  Reel reel = lines("1+ 2+ 1:one 2:two 1:three");
  for (Input& input : reel.inputs) {
    if (input.kind == InputKind::kOpen) input.data = "udp inbound 127.0.0.1:7001 127.0.0.1:5001";
  }
  const Outcome outcome = try_server("parrot_static", reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.performed, 5U);
  EXPECT_EQ(outcome.undelivered, 0U);
  EXPECT_EQ(outcome.answer_bytes, 14U);
}

// Where it is bound, and what is called so: in its folder, in its own /tmp, and in no folder.
TEST(Outside, ConnectsToUnixSockets) {
  for (const std::string path : {"neglect.sock", "/tmp/neglect.sock", "@neglect"}) {
    Reel reel = lines("1+ 1:one 2+ 2:two 1:three 1- 2:four");
    for (Input& input : reel.inputs) {
      const std::string where =
          input.session == 1 ? "tcp inbound 127.0.0.1:7001" : "unix inbound " + path;
      if (input.kind == InputKind::kOpen) input.data = where;
    }
    const Outcome outside = try_once(reel, {zoo("neglect_static"), "7001", path});
    EXPECT_EQ(outside.ending, Ending::kSurvived) << path << testing::PrintToString(outside);
    EXPECT_EQ(outside.answer_bytes, 12U) << path;
    EXPECT_EQ(told(outside), told(try_once(reel, {zoo("neglect"), "7001", path}))) << path;
  }
}

TEST(Outside, PartsAsTheClientDid) {
  const Reel reel = lines("1:3 2:4 1- 2-104 3:ASK");
  const Outcome outside = try_server("parting_static", reel);
  EXPECT_EQ(outside.ending, Ending::kSurvived) << testing::PrintToString(outside);
  EXPECT_EQ(told(outside), told(try_server("parting", reel)));
}

// One session after the other: what waits for its turn is not read, and nobody is held up by it.
TEST(Outside, GoesOnWhereASessionIsNotRead) {
  const Reel reel = lines("1+ 1:one 2+ 2:two 1:three 2:four 1- 3:five 2:six 2- 3:seven");
  const Outcome outside = try_server("busy_static", reel);
  EXPECT_EQ(outside.performed, outside.steps) << testing::PrintToString(outside);
  EXPECT_EQ(told(outside), told(try_server("busy", reel)));
}

// Without a network of its own; the other one is ours, and older.
TEST(Outside, FindsTheProgramsListenersAmongOthers) {
  const OwnedFd ours(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(ours.get(), 1), 0);
  const Reel reel = lines(kSessions);
  Target target = target_for(reel, {zoo("echo_static"), "0"});
  target.sandbox.enabled = false;
  const auto outcome = run_try(target, reel, whole_sequence(reel));
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(told(*outcome), told(try_server("echo", reel)));
}

TEST(Outside, EndsWhatSpinsAsAHang) {
  const Reel reel = lines("1:one 1:SPIN 1:two");
  const Outcome outcome = try_server("busy_static", reel, kImpatient);
  EXPECT_EQ(outcome.ending, Ending::kHung) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "SPIN\n");
}

// On a busy machine nobody may look for seconds, and then in one go.
TEST(Outside, CountsATimeInWhichNobodyLookedAsOneLook) {
  const WatchTimes::Time start;
  WatchTimes times(start);
  EXPECT_FALSE(times.is_due(start + std::chrono::milliseconds(kWatchMs - 1)));
  EXPECT_TRUE(times.is_due(start + std::chrono::milliseconds(20 * kWatchMs)));
  EXPECT_FALSE(times.is_due(start + std::chrono::milliseconds(20 * kWatchMs + 1)));
  EXPECT_TRUE(times.is_due(start + std::chrono::milliseconds(21 * kWatchMs)));
}

struct Crash {
  const char* program;
  const char* scene;
  TargetKind kind = TargetKind::kServer;
};

void PrintTo(const Crash& crash, std::ostream* out) {
  *out << crash.program;
}

// The same binary, so that the frames have to be the same to the last.
class Frames : public testing::TestWithParam<Crash> {};

TEST_P(Frames, AreThoseThatThePlayerTakes) {
  Reel reel = lines(GetParam().scene, GetParam().kind);
  if (std::string(GetParam().program) == "asserts") reel.inputs.back().data.pop_back();
  Target target = target_for(reel, {zoo(GetParam().program), "7001"});
  const auto inside = run_try(target, reel, whole_sequence(reel));
  target.from_outside = true;
  const auto outside = run_try(target, reel, whole_sequence(reel));
  ASSERT_TRUE(inside && outside);
  ASSERT_EQ(outside->ending, Ending::kCrashed) << testing::PrintToString(*outside);
  EXPECT_EQ(outside->signature, inside->signature) << describe(outside->signature, 99) << "\n"
                                                   << describe(inside->signature, 99);
}

INSTANTIATE_TEST_SUITE_P(Of, Frames,
                         testing::Values(Crash{"echo", "1:BREAK"},
                                         Crash{"canary", "1:ARM_a 2:BIND_a 1:FIRE"},
                                         Crash{"asserts", "0:ABORT", TargetKind::kStdin},
                                         Crash{"recursion", "0:LOOP 0:PATH", TargetKind::kStdin}),
                         [](const auto& one) { return std::string(one.param.program); });

// The tables of a static program have no index, and abort() comes from within it.
TEST(Outside, FindsWhoCalledAbortInAStaticProgram) {
  Reel reel = scene("0:HI 0:ABORT");
  reel.program.kind = TargetKind::kStdin;
  const Outcome outcome = try_once(reel, {zoo("asserts_static")});
  ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_GE(outcome.signature.frames.size(), 5U) << describe(outcome.signature, 99);
}

TEST(Outside, WaitsForATimerOfAProgramThatListensNowhereYet) {
  const Reel reel = lines("1:HI");
  EXPECT_EQ(told(try_server("tardy_static", reel)), told(try_server("tardy", reel)));
}

TEST(Outside, FindsAListenerThatComesLater) {
  Reel reel = lines("1+ 1:HI 1:OPEN_7002 2+ 2:HI");
  for (Input& input : reel.inputs) {
    if (input.kind != InputKind::kOpen) continue;
    input.data = "tcp inbound 127.0.0.1:700" + std::to_string(input.session);
  }
  const Outcome outside = try_server("tardy_static", reel);
  EXPECT_EQ(outside.ending, Ending::kSurvived) << testing::PrintToString(outside);
  EXPECT_EQ(outside.answer_bytes, 13U);
  EXPECT_EQ(told(outside), told(try_server("tardy", reel)));
}

TEST(Outside, SaysThatItListensNowhere) {
  const Outcome outcome = try_server("deaf_static", lines("1:one"));
  EXPECT_EQ(outcome.ending, Ending::kDeaf) << testing::PrintToString(outcome);
}

}  // namespace
}  // namespace crashreel
