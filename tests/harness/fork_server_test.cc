// Does a copy of a start do what a start alone does, and is nothing of one try left to the next?
#include "harness/fork_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/capture/reel/folder.h"
#include "tests/harness/copies.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

struct Scene {
  const char* program;
  const char* inputs;
};

void PrintTo(const Scene& scene, std::ostream* out) {
  *out << scene.program << ": " << scene.inputs;
}

class Copies : public testing::TestWithParam<Scene> {};

TEST_P(Copies, TellWhatAStartAloneTells) {
  const Reel reel = lines(GetParam().inputs);
  const Target target = target_for(reel, {zoo(GetParam().program), "7001"});
  const auto alone = run_try(target, reel, whole_sequence(reel), kImpatient);
  ASSERT_TRUE(alone);
  auto server = serve(target, reel);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < kCopies; ++i) {
    const auto copy = run_try(*server, target, whole_layout(reel, target), kImpatient);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(told(*copy), told(*alone));
  }
}

INSTANTIATE_TEST_SUITE_P(
    OfTheZoo, Copies,
    testing::Values(
        Scene{"canary", "1:SET_a_b 2:PING 1:ARM_a 2:BIND_a 2:PING 1:FIRE 2:PING"},
        Scene{"canary", "1+ 1:PING 1- 2:ARM_a 2:FIRE"}, Scene{"pool", "1:OPEN 1:hello 2:PAY 2:x"},
        Scene{"pool", "1+ 2+ 1:a 2:b 2- 3:c 1-"}, Scene{"handoff", "1:ASIDE 2:x 2:ASIDE 1:x"},
        Scene{"blocking", "1:DUMP_64 2:ADD_3 1:ADD_4 2:END 3:ADD_7"},
        Scene{"herd", "1:a 2:a 3:a 2:b 1- 4:a 4:b"},
        Scene{"idle_poll", "@0 1:SET_k_v 1:EXPIRE_k_10 @9000000000 1:GET_k @60000000000 1:TIME"},
        Scene{"idle_select", "1:GET_k @299000000000 2:GET_k @301000000000 1:GET_k"},
        Scene{"bell", "1:x !10 2:x !12 !1 1:x !1 2:x"}, Scene{"busy", "1:hello 1:SPIN 2:late"},
        Scene{"belongings", "1:x 2:x 1:x 2- 3:x"}, Scene{"hushed", "1:hello 1:BREAK"},
        Scene{"vandal", "1:hello 1:more"},
        Scene{"namesake", "1:NUMBERS 2:KILL 1:QUEUE 2:THREAD 1:GROUP 2:CALLS 1:LIMIT 1:NUMBERS"},
        Scene{"namesake", "1:NUMBERS 1:CHILD 1:NUMBERS 2:KILL"},
        Scene{"restless", "1:SAY 1:MAP 2:MAP 1:UNMAP 1:GROW 1:SAY 1:OPEN 2:OPEN 1:SAY"},
        Scene{"restless", "1:HANDLE 1:MASK !10 1:SAY"}, Scene{"restless", "1:PROTECT 1:MAP 1:SAY"},
        Scene{"restless", "1:MOVE 1:SAY"}, Scene{"restless", "1:CLOSE 1:SAY"},
        Scene{"restless", "1:FORK 1:THREAD 1:SAY"}, Scene{"restless", "1:TIMER 1:SAY"},
        Scene{"crew", "1:CONDITION 2:SEMAPHORE 1:LOCK 2:PIPE 1:SIGNAL 2:LOCK 1:CONDITION"},
        Scene{"crew", "1:LOCK 1:START 1:END 1:LOCK"}, Scene{"crew", "1:SIGNAL 1:LOCK 1:DIE"},
        Scene{"metronome", "@0 1:x @10500000000 1:x 2:x @20000000000 1:x"}),
    [](const auto& scene) {
      return std::string(scene.param.program) + std::to_string(scene.index);
    });

// One that remembers its number: all agrees, and what it sends there comes, once each.
TEST(Copies, AreOneProcessToThemselves) {
  const Reel reel = lines("1:NUMBERS 1:KILL 1:QUEUE 1:THREAD 1:GROUP 1:CALLS 1:LIMIT 1:CHILD");
  const Target target = target_for(reel, {zoo("namesake"), "7001"});
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind,
                                {.keeps_answers = true, .keeps_bytes = true});
  auto server = ForkServer::start(target, layout, kImpatient.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < kCopies; ++i) {
    const auto copy = run_try(*server, target, layout, kImpatient);
    ASSERT_TRUE(copy) << copy.error().message;
    std::string answers;
    for (const ReplayedAnswer& answer : copy->answers) answers += answer.bytes;
    EXPECT_EQ(answers, "11111\n11\n11\n11\n12\n11111\n11111\n11\n");
  }
}

// A large set is freed by a thread of its own: in an instance that was started alone, in a copy,
// and in one that has come back.
TEST(ForkServer, LetsTheThreadsOfARealProgramWork) {
  const Reel reel = lines(
      "1:EVAL_\"for_i=1,2000_do_redis.call('sadd','k',i)_end_return_1\"_0 1:UNLINK_k "
      "@1000000000 1:INFO_memory");
  const Target target = target_for(reel, {"/usr/bin/redis-server", "--port", "7001", "--save", ""});
  const ScriptOptions kept = {.keeps_answers = true, .keeps_bytes = true};
  const auto expect_freed = [](const std::string& whose, const Result<Outcome>& outcome) {
    SCOPED_TRACE(whose);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->answers.size(), 3u) << testing::PrintToString(*outcome);
    EXPECT_THAT(outcome->answers.back().bytes, HasSubstr("lazyfree_pending_objects:0\r\n"));
    EXPECT_THAT(outcome->answers.back().bytes, HasSubstr("lazyfreed_objects:1\r\n"));
  };
  expect_freed("alone", run_try(target, reel, whole_sequence(reel), {.script = kept}));
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind, kept);
  auto server = ForkServer::start(target, layout, kImpatient.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 3; ++i) {
    expect_freed("copy " + std::to_string(i), run_try(*server, target, layout));
  }
}

// The first copy's threads are where the kernel has put them, and are put together when it is back.
TEST(ForkServer, HoldsThreadsToOneProcessorUntilTheProgramAsks) {
  const Reel reel = lines("1:WHERE");
  const Target target = target_for(reel, {zoo("crew"), "7001"});
  const auto alone = run_try(target, reel, whole_sequence(reel), kImpatient);
  ASSERT_TRUE(alone);
  ASSERT_THAT(alone->output_tail, HasSubstr("may run on "));
  const std::string all = alone->output_tail.substr(alone->output_tail.rfind(", is told "));
  if (all.starts_with(", is told 1,")) GTEST_SKIP() << "this machine has one processor";
  auto server = serve(target, reel);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < kCopies; ++i) {
    const auto copy = run_try(*server, target, whole_layout(reel, target), kImpatient);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_TRUE(copy->output_tail.ends_with(all)) << copy->output_tail;
    const std::string first = copy->output_tail.substr(0, copy->output_tail.rfind(all));
    const bool is_held = first.find_first_of(",-") == std::string::npos;
    EXPECT_EQ(is_held, i > 0) << i << ": " << copy->output_tail;
  }
}

TEST(ForkServer, TakesOneSequenceAfterAnother) {
  const Reel crash = lines("1:ARM_a 2:BIND_a 1:FIRE");
  const Reel none = lines("1:ARM_a 1:FIRE");
  const Target target = target_for(crash, {zoo("canary"), "7001"});
  auto server = serve(target, none);
  ASSERT_TRUE(server);
  for (int i = 0; i < kCopies; ++i) {
    const auto survives = run_try(*server, target, whole_layout(none, target));
    ASSERT_TRUE(survives);
    EXPECT_EQ(survives->ending, Ending::kSurvived);
    const auto crashes = run_try(*server, target, whole_layout(crash, target));
    ASSERT_TRUE(crashes);
    EXPECT_EQ(crashes->ending, Ending::kCrashed);
  }
}

TEST(ForkServer, KeepsWhatOneCopyPrintedFromTheNext) {
  const Reel reel = lines("1:ARM_a 1:FIRE 2:BIND_a");
  const Target target = target_for(reel, {zoo("canary"), "7001"});
  auto server = serve(target, reel);
  ASSERT_TRUE(server);
  const auto first = run_try(*server, target, whole_layout(reel, target));
  const auto second = run_try(*server, target, whole_layout(reel, target));
  ASSERT_TRUE(first && second);
  EXPECT_THAT(first->output_tail, HasSubstr("listening 7001"));
  EXPECT_EQ(second->output_tail, first->output_tail);
}

void expect_refusal(const std::vector<std::string>& argv, const std::string& reason) {
  const Reel reel = lines("1:hello");
  const auto server = serve(target_for(reel, argv), reel);
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message, reason);
}

TEST(ForkServer, SaysThatTheProgramNeverComesToItsFirstInput) {
  expect_refusal({zoo("stillborn")}, "it ended before it could be copied");
  expect_refusal({zoo("deaf")}, "it ended before it could be copied");
}

class Impossible : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Impossible, IsACopyAndTheReasonIsSaid) {
  const auto [belonging, reason] = GetParam();
  expect_refusal({zoo("unforkable"), "7001", belonging}, reason);
}

INSTANTIATE_TEST_SUITE_P(
    With, Impossible,
    testing::Values(std::pair{"timer", "it has set a timer"},
                    std::pair{"memory", "it has memory to share with other processes"},
                    std::pair{"connection", "it has a connection open"},
                    std::pair{"watch",
                              "it has a timer, a watch on files or another special descriptor "
                              "open"}),
    [](const auto& scene) { return std::string(scene.param.first); });

TEST(ForkServer, LeavesNothingBehind) {
  const Folder folder;
  ::setenv("TMPDIR", folder.path().c_str(), 1);
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = descriptors();
  {
    const Reel reel = lines("1:OPEN 1:hello 2:PAY");
    const Target target = target_for(reel, {zoo("pool"), "7001"});
    auto server = serve(target, reel);
    ASSERT_TRUE(server);
    ASSERT_TRUE(run_try(*server, target, whole_layout(reel, target)));
  }
  ::unsetenv("TMPDIR");
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(folder.entries(), 0u);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no child is left
}

}  // namespace
}  // namespace crashreel
