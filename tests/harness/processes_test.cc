// A server that serves each session in a process of its own answers the same in every try, one by
// one and in order, as one that serves them all itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::SizeIs;

constexpr int kForkedTries = 5;

// Started alone, and as copies of a fork server.
std::set<std::string> tells(const std::vector<std::string>& argv, const Reel& reel) {
  std::set<std::string> seen;
  const Target target = target_for(reel, argv);
  const Layout layout = whole_layout(reel, target);
  auto server = ForkServer::start(target, layout, kImpatient.hang_ms);
  EXPECT_TRUE(server) << server.error().message;
  for (int i = 0; i < kForkedTries; ++i) {
    seen.insert(told(try_once(reel, argv)));
    const auto copy = run_try(*server, target, layout);
    EXPECT_TRUE(copy);
    if (copy) seen.insert(told(*copy));
  }
  return seen;
}

std::size_t bytes_of(const std::vector<std::string>& answers) {
  std::size_t bytes = 0;
  for (const std::string& answer : answers) bytes += answer.size() + 1;
  return bytes;
}

void expect_answers(const std::vector<std::string>& argv, const std::string& text,
                    const std::vector<std::string>& answers) {
  const auto seen = tells(argv, lines(text));
  ASSERT_THAT(seen, SizeIs(1)) << testing::PrintToString(seen);
  EXPECT_TRUE(seen.begin()->starts_with("survived after ")) << *seen.begin();
  const std::string bytes = ", " + std::to_string(bytes_of(answers)) + " bytes ";
  EXPECT_NE(seen.begin()->find(bytes), std::string::npos) << *seen.begin();
}

TEST(Processes, OfSessionsAnswerInTurn) {
  expect_answers({zoo("forking"), "7001"},
                 "1+ 1:ADD_1 2:ADD_2 1:ADD_30 2:ADD_2 2:END 3:ENDED 3:ADD_400 1- 4:ENDED 3:ADD_5",
                 {"1", "2", "31", "4", "1", "400", "2", "405"});
}

// The clock is one for all of them: 40 s of rest cost nothing, and end before what comes later.
TEST(Processes, OfSessionsRestInVirtualTime) {
  expect_answers({zoo("forking"), "7001"},
                 "1:REST_40000 2:ADD_1 1:ADD_5 @60000000000 2:ADD_2 1:ADD_3",
                 {"OK", "1", "5", "3", "8"});
}

// The first process waits for the end of the one that it has; the next session waits meanwhile.
TEST(Processes, ThatAreWaitedForServeOneSessionAfterTheOther) {
  expect_answers({zoo("forking"), "7001", "alone"},
                 "1:ADD_1 2:ENDED 1:ADD_30 1- 2:ADD_4 2:END 3:ENDED", {"1", "31", "1", "4", "2"});
}

TEST(Processes, OfManySessionsAreEndedWithTheTry) {
  std::string text;
  std::vector<std::string> answers;
  for (int i = 1; i <= 12; ++i) {
    text += std::to_string(i) + ":ADD_" + std::to_string(i) + " ";
    answers.push_back(std::to_string(i));
  }
  expect_answers({zoo("forking"), "7001"}, text, answers);
}

// More than are waited for: they run on by themselves, which is told, and nothing hangs.
TEST(Processes, BeyondThoseThatAreWaitedForAreCounted) {
  constexpr int kSessions = 70;
  std::string text;
  for (int i = 1; i <= kSessions; ++i) text += std::to_string(i) + ":ADD_1 ";
  const Reel few = lines(text.substr(0, text.find("65:")));
  EXPECT_EQ(try_server("forking", few).unwatched, 0u);
  const Outcome outcome = try_server("forking", lines(text));
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.performed, outcome.steps);
  EXPECT_EQ(outcome.unwatched, kSessions - 64u);
}

// It is found in the process that died of it, with the input that it died of.
TEST(Processes, OfSessionsCrashForTheTry) {
  const Reel reel = lines("1:ADD_1 2:SEAL 1:ADD_0 2:ADD_3 2:ADD_0 1:ADD_7");
  for (int i = 0; i < kForkedTries; ++i) {
    const Outcome outcome = try_server("forking", reel);
    ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
    EXPECT_EQ(outcome.signature.kind, "SIGSEGV");
    EXPECT_EQ(outcome.signature.frames.at(0).module, "forking");
    EXPECT_EQ(outcome.performed, 7u);  // two sessions and five lines
    EXPECT_EQ(in_flight(outcome), "ADD 0\n");
  }
}

}  // namespace
}  // namespace crashreel
