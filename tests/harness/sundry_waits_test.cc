// Calls in which programs of a distribution wait, and which their source does not show: fortified
// ones, futexes, locks, timers. Whoever waits in one that nobody sees looks busy for ever.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::ElementsAreArray;

constexpr int kRepeats = 10;

using Digests = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// Of what was answered to each line, in turn.
Digests digests_of(const std::vector<std::string>& answers) {
  Digests all;
  for (const std::string& answer : answers) {
    const AnswerDigest digest = digest_of(answer);
    all.emplace_back(digest.bytes, digest.value);
  }
  return all;
}

Digests answers_to_lines(const Outcome& outcome) {
  Digests all;
  for (const ReplayedAnswer& answer : outcome.answers) {
    if (answer.to->kind != InputKind::kData) continue;
    all.emplace_back(answer.digest.bytes, answer.digest.value);
  }
  return all;
}

void expect_answers(const std::vector<std::string>& argv, const Reel& reel,
                    const std::vector<std::string>& answers, int tries = kRepeats) {
  for (int i = 0; i < tries; ++i) {
    const Outcome outcome = try_once(reel, argv, {.script = {.keeps_answers = true}});
    ASSERT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
    ASSERT_THAT(answers_to_lines(outcome), ElementsAreArray(digests_of(answers))) << "try " << i;
  }
}

TEST(SundryWaits, FortifiedCallsManyMessagesAndStreams) {
  const Reel reel = lines("1:a 2:b 3:c 4:d 5:e 6:f 7:g 8:h 8:i 7:j 6:k 5:l 4:m 3:n 2:o 1:p");
  expect_answers({zoo("sundry"), "7001"}, reel,
                 {"read a\n", "recv b\n", "recvfrom c\n", "poll d\n", "ppoll e\n", "preadv2 f\n",
                  "recvmmsg g\n", "stream h\n", "stream i\n", "recvmmsg j\n", "preadv2 k\n",
                  "ppoll l\n", "poll m\n", "recvfrom n\n", "recv o\n", "read p\n"});
}

TEST(SundryWaits, AtomicsLatchesAndSemaphoresOfCpp20) {
  const Reel reel = lines("1:abc 2:de 1:f 2- 3:ghij 1:WAIT @100000000000 3:k");
  expect_answers({zoo("latches"), "7001"}, reel,
                 {"3 cba\n", "2 ed\n", "1 f\n", "4 jihg\n", "nothing for 60\n", "1 k\n"});
}

TEST(SundryWaits, LocksOfReadersAndWritersAndBarriers) {
  const Reel reel = lines("1:HOLD 2:ADD_5 3:GET 1:FREE 3:GET 1:MEET 3:ADD_2 2:MEET 1:GET");
  expect_answers({zoo("gates"), "7001"}, reel,
                 {"held\n", "5\n", "0\n", "free\n", "5\n", "met\n", "7\n", "met last\n", "7\n"});
}

// By a thread that was started past the player, which it does not count.
TEST(SundryWaits, ALockThatAStrangerHolds) {
  const Reel reel = lines("1:a 1:b @60000000000 1:c");
  expect_answers({zoo("stranger"), "7001"}, reel, {"a\n", "b\n", "c\n"});
}

// Once until the lock is given back, and once in vain.
TEST(SundryWaits, LocksThatAreWaitedForUntilATime) {
  const Reel reel = lines(
      "@0 1:HOLD 2:PATIENT 3:LOCK 4:TRY @20000000000 1:FREE 3:UNLOCK "
      "@30000000000 1:HOLD 2:PATIENT 3:LOCK 4:TRY @120000000000 1:FREE 3:UNLOCK 1:JOIN "
      "@300000000000 2:ADD_1");
  expect_answers({zoo("gates"), "7001"}, reel,
                 {"held\n", "written 20\n", "locked\n", "locked 20\n", "free\n", "unlocked\n",
                  "held\n", "in vain 60\n", "locked\n", "in vain 60\n", "free\n", "unlocked\n",
                  "in vain, then 120\n", "1\n"});
}

// By every call in which that can be said: a minute of waiting, that passes at once.
class TimeOut : public testing::TestWithParam<const char*> {};

TEST_P(TimeOut, IsAMinuteOfTheVirtualClock) {
  const Reel reel = lines(std::string("@0 1:") + GetParam() + " @200000000000 1:" + GetParam() +
                          " @400000000000 1:x");
  const std::string answer = std::string(GetParam()) + " 60\n";
  expect_answers({zoo("timeouts"), "7001"}, reel, {answer, answer, "unknown\n"}, 1);
}

INSTANTIATE_TEST_SUITE_P(By, TimeOut,
                         testing::Values("sem-timedwait", "sem-clockwait", "cond-timedwait",
                                         "cond-clockwait", "clock-nanosleep", "SO-RCVTIMEO",
                                         "epoll-pwait2", "pselect", "ppoll", "sigtimedwait",
                                         "timerfd", "timerfd-in-poll", "rwlock-timed",
                                         "mutex-timed", "futex", "timer-create", "timer-thread",
                                         "alarm", "setitimer"),
                         [](const auto& call) {
                           std::string name = call.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(TimeOuts, OfAllCallsAtOnceEndInTheirOrder) {
  const Reel reel = lines("@0 1:ALL @200000000000 1:ALL @400000000000 1:x");
  const std::string all =
      "sem-timedwait sem-clockwait cond-timedwait cond-clockwait clock-nanosleep SO-RCVTIMEO "
      "epoll-pwait2 pselect ppoll sigtimedwait timerfd timerfd-in-poll rwlock-timed mutex-timed "
      "futex timer-create timer-thread alarm \n";
  expect_answers({zoo("timeouts"), "7001"}, reel, {all, all, "unknown\n"});
}

TEST(Timers, CountHowOftenTheyHaveEndedSinceSomebodyAsked) {
  expect_answers({zoo("timeouts"), "7001"}, lines("@0 1:EVERY_100 @200000000000 1:x"),
                 {"10 in 4\n", "unknown\n"}, 1);
}

// An hour of ticks, at the end of which everything is where it would be.
TEST(Timers, BringAnIdleProgramOn) {
  const Reel reel = lines("@0 1:a @2500000000 1:b @10500000000 1:c @3600500000000 1:d");
  expect_answers({zoo("metronome"), "7001"}, reel,
                 {"0 0 0\n", "2 0 2\n", "10 3 10\n", "3600 1200 3600\n"}, 3);
}

// The kernel's timer of processor time is the only one that is not virtual.
TEST(Timers, OfProcessorTimeAreCountedAsReal) {
  EXPECT_EQ(try_server("restless", lines("1:TIMER 1:SAY")).real_times, 1u);
  EXPECT_EQ(try_server("metronome", lines("1:a 1:b")).real_times, 0u);
}

}  // namespace
}  // namespace crashreel
