// However a program waits, its inputs come one by one, in order, and at their times: then it
// answers the same in every try.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::SizeIs;

constexpr int kTries = 30;

// What a try must repeat: how it ended, how much was answered and what.
using Transcript = std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>;

Transcript transcript_of(const Outcome& outcome) {
  return {describe(outcome), {outcome.answer_bytes, outcome.answer_digest}};
}

std::set<Transcript> transcripts(const std::vector<std::string>& argv, const Reel& reel) {
  std::set<Transcript> seen;
  for (int i = 0; i < kTries; ++i) seen.insert(transcript_of(try_once(reel, argv)));
  return seen;
}

class Waiting : public testing::TestWithParam<std::pair<const char*, std::uint64_t>> {};

TEST_P(Waiting, AnswersTheSameInEveryTry) {
  const auto [name, answer_bytes] = GetParam();
  // Each line is answered; some sessions end, and others begin after them.
  const Reel reel = lines("1+ 2+ 1:ADD_1 2:ADD_2 1:ADD_3 2- 3:ADD_4 1:ADD_5 1- 3:ADD_6 4:ADD_7");
  const auto seen = transcripts({zoo(name), "7001"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->first, "survived");
  EXPECT_EQ(seen.begin()->second.first, answer_bytes);
}

INSTANTIATE_TEST_SUITE_P(On, Waiting,
                         testing::Values(std::pair{"pool", 42u},      // a condition variable
                                         std::pair{"handoff", 14u},   // a semaphore
                                         std::pair{"blocking", 18u},  // accept() and read()
                                         std::pair{"herd", 14u},      // many in one accept()
                                         std::pair{"canary", 70u}),   // epoll_wait()
                         [](const auto& server) { return std::string(server.param.first); });

TEST(Waiting, ForTheTurnToAcceptIsWaitingToo) {
  const Reel reel = lines("1:a 2:a 3:a 2:b 1- 4:a 4:b");
  const auto seen = transcripts({zoo("herd"), "7001", "one-at-a-time"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->second.first, 12u);
}

TEST(Waiting, ForAThreadToEndIsOverWhenItHasEnded) {
  const Reel reel = lines("1:ASIDE 2:x 2:ASIDE 1:ASIDE 1:x 2:ASIDE");
  const auto seen = transcripts({zoo("handoff"), "7001"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->second.first, 12u);
}

// The thread is gone, but a new one may still come to be known by its number.
TEST(Waiting, ForAThreadThatHasEndedIsOverThoughAnotherBegins) {
  const Reel reel = lines("@0 1:BESIDE @1000000000 2:x 2:BESIDE @2000000000 1:BESIDE 1:x");
  const auto seen = transcripts({zoo("handoff"), "7001"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->second.first, 10u);
}

// A thread that has just begun may have to wait before it has said so.
TEST(Waiting, ForAnAllocatorsLockAsAThreadsFirstActIsCountedOnce) {
  const auto seen = transcripts({zoo("doorkeeper"), "7001"}, lines("1:a 1:b"));
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(*seen.begin(), (Transcript{"survived", {4u, seen.begin()->second.second}}));
}

// 8 MiB is more than any socket holds: the program blocks until its answer is taken.
TEST(Waiting, ForRoomInASocketEndsWhenTheAnswerIsTaken) {
  const Reel reel = lines("1:DUMP_8192 2:ADD_3 1:ADD_4 2:END 3:ADD_7");
  const Outcome outcome = try_server("blocking", reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.answer_bytes, 8192u * 1024 + 2 + 2 + 3);
}

// The other way round: what a program does not take is not waited for for ever.
TEST(Waiting, ForAProgramThatReadsNoMoreComesToAnEnd) {
  Reel reel = lines("1:x 2:x");
  reel.inputs[1].data = std::string(32 << 20, 'x');  // the herd is one, and serves session 1
  const Outcome outcome = try_server("busy", reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
}

class Idle : public testing::TestWithParam<const char*> {};

TEST_P(Idle, MinutesPassAtOnceAndKeysExpire) {
  const Reel reel = lines(
      "@0 1:SET_k_v 1:EXPIRE_k_10 @9000000000 1:GET_k "
      "@60000000000 2:GET_k 1:TIME @120000000000 2:TIME");
  const auto seen = transcripts({zoo(GetParam()), "7001"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->first, "survived");
  // OK, OK, v, NONE and twice the time.
  EXPECT_EQ(seen.begin()->second.first, 3u + 3u + 2u + 5u + 2u * 21u);
}

TEST_P(Idle, SilentSessionsAreClosedInTime) {
  const Reel reel = lines("1:GET_k @299000000000 2:GET_k @301000000000 2:GET_k 1:GET_k");
  const Outcome outcome = try_server(GetParam(), reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.answer_bytes, 3u * 5u + std::string("silent for too long\n").size());
}

INSTANTIATE_TEST_SUITE_P(In, Idle, testing::Values("idle_poll", "idle_select"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Signals, ReachTheProgramBetweenItsInputs) {
  // SIGUSR1 ends poll() and is told to all; SIGUSR2 is waited for by a thread; SIGHUP is counted.
  const Reel reel = lines("1:x !10 2:x !12 !1 1:x !1 2:x");
  const auto seen = transcripts({zoo("bell"), "7001"}, reel);
  ASSERT_THAT(seen, SizeIs(1));
  EXPECT_EQ(seen.begin()->first, "survived");
  const std::size_t counts = 4 * std::string("0\n").size();
  const std::size_t told = std::string("rung\n").size() + 2 * std::string("taken in\n").size();
  EXPECT_EQ(seen.begin()->second.first, counts + told);
}

}  // namespace
}  // namespace crashreel
