// Does a copy of a start do what a start alone does, and is nothing of one try left to the next?
#include "harness/fork_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "harness/working_directory.h"
#include "tests/capture/reel/folder.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

constexpr int kCopies = 5;

Result<ForkServer> serve(const Target& target, const Reel& reel) {
  return ForkServer::start(target, whole_layout(reel, target), kImpatient.hang_ms);
}

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

// Once it has performed its script, or died.
bool comes_back(ForkServer& server, Instance& copy) {
  while (server.line() >= 0) {
    pollfd line = {server.line(), POLLIN, 0};
    if (::poll(&line, 1, -1) == 1 && server.hear_line(copy)) return true;
  }
  return false;
}

// Whether a copy goes back to its beginning once it has performed these inputs.
struct Return {
  const char* inputs;
  bool comes_back;
  const char* program = "restless";
  const char* further = "";
};

void PrintTo(const Return& scene, std::ostream* out) {
  *out << scene.program << " " << scene.further << ": " << scene.inputs;
}

class ComesBack : public testing::TestWithParam<Return> {};

TEST_P(ComesBack, WhereAllThatItChangedCanBePutBack) {
  const Reel reel = lines(GetParam().inputs);
  const Target target = target_for(reel, {zoo(GetParam().program), "7001", GetParam().further});
  auto server = serve(target, reel);
  ASSERT_TRUE(server) << server.error().message;
  pid_t before = -1;
  for (int i = 0; i < kCopies; ++i) {
    const auto script = server->script_for(whole_layout(reel, target));
    ASSERT_TRUE(script);
    auto copy = server->make(script->fd());
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->number() == before, i > 0 && GetParam().comes_back);
    before = copy->number();
    if (server->line() < 0) break;  // it was refused often enough
    EXPECT_EQ(comes_back(*server, *copy), GetParam().comes_back);
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
  const auto expect_freed = [](const Result<Outcome>& outcome) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->answers.size(), 3u) << testing::PrintToString(*outcome);
    EXPECT_THAT(outcome->answers.back().bytes, HasSubstr("lazyfree_pending_objects:0\r\n"));
    EXPECT_THAT(outcome->answers.back().bytes, HasSubstr("lazyfreed_objects:1\r\n"));
  };
  expect_freed(run_try(target, reel, whole_sequence(reel), {.script = kept}));
  const Layout layout = lay_out(reel, whole_sequence(reel), target.kind, kept);
  auto server = ForkServer::start(target, layout, kImpatient.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 3; ++i) expect_freed(run_try(*server, target, layout));
}

TEST(ForkServer, ServesWithOneCopyForCrashesToo) {
  const Reel crash = lines("1:ARM_a 2:BIND_a 1:FIRE");
  const Reel none = lines("1:ARM_a 1:FIRE");
  const Target target = target_for(crash, {zoo("canary"), "7001"});
  const auto alone = run_try(target, crash, whole_sequence(crash));
  ASSERT_TRUE(alone);
  auto server = serve(target, none);
  ASSERT_TRUE(server);
  pid_t before = -1;
  for (int i = 0; i < kCopies; ++i) {
    const auto script = server->script_for(whole_layout(crash, target));
    ASSERT_TRUE(script);
    auto copy = server->make(script->fd());
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->number() == before, i > 0);
    before = copy->number();
    ASSERT_TRUE(comes_back(*server, *copy));
    const auto end = copy->poll_end();
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->by_signal);
    EXPECT_EQ(end->code, alone->code);
    EXPECT_EQ(signature_of(script->header().crash, target.executable, target.argv.front()).frames,
              alone->signature.frames);
  }
}

// What the way back relies on lies in the program's reach.
TEST(ForkServer, DoesNotComeBackOverWhatTheProgramHasWrittenThere) {
  const Reel reel = lines("1:SAY 1:DEFACE");
  const Target target = target_for(reel, {zoo("restless"), "7001"});
  auto server = serve(target, reel);
  ASSERT_TRUE(server) << server.error().message;
  const auto script = server->script_for(whole_layout(reel, target));
  ASSERT_TRUE(script);
  auto copy = server->make(script->fd());
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_FALSE(comes_back(*server, *copy));
}

INSTANTIATE_TEST_SUITE_P(
    AfterChanges, ComesBack,
    testing::Values(Return{"1:SAY 2:SAY 1- 3:SAY", true}, Return{"1:MAP 1:UNMAP 1:UNMAP", true},
                    Return{"1:GROW 1:GROW", true}, Return{"1:HANDLE 1:MASK", true},
                    Return{"1:OPEN 1:OPEN", true}, Return{"1:FORK 1:THREAD", true},
                    Return{"1:PROTECT", false}, Return{"1:MOVE", false}, Return{"1:CLOSE", false},
                    Return{"1:TIMER", false}));

constexpr char kWholeCrew[] = "1:CONDITION 2:SEMAPHORE 1:LOCK 2:PIPE 1:SIGNAL 2:LOCK 1:CONDITION";

INSTANTIATE_TEST_SUITE_P(WithThreads, ComesBack,
                         testing::Values(Return{kWholeCrew, true, "crew"},
                                         Return{"1:LOCK 1:CONDITION 1:DIE", true, "crew"},
                                         Return{"1:START", false, "crew"},
                                         Return{"1:END", false, "crew"},
                                         Return{"1:PIPE", false, "crew", "deaf"},
                                         Return{"1:PIPE", false, "crew", "unseen"},
                                         Return{"1:OPEN 1:hello 2:PAY", true, "pool"},
                                         Return{"1:a 2:a 3:a 2:b 1- 4:a", true, "herd"},
                                         Return{"1:x !10 2:x !12 !1 1:x", true, "bell"},
                                         Return{"1:ASIDE 2:x", true, "handoff"}));

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

std::string read(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(WorkingDirectory, IsPutBackAsItWas) {
  auto directory = WorkingDirectory::create({{"conf/a.conf", 0644, "port 1\n"}});
  ASSERT_TRUE(directory);
  auto content = directory->remember();
  ASSERT_TRUE(content);
  const std::string path = directory->path();
  std::ofstream(path + "/conf/a.conf") << "port 2, and more\n";
  std::ofstream(path + "/new") << "new";
  std::filesystem::create_directories(path + "/deep/deeper");
  EXPECT_TRUE(directory->restore(*content));
  EXPECT_EQ(read(path + "/conf/a.conf"), "port 1\n");
  EXPECT_FALSE(std::filesystem::exists(path + "/new"));
  EXPECT_FALSE(std::filesystem::exists(path + "/deep"));
  EXPECT_TRUE(directory->restore(*content));
}

TEST(WorkingDirectory, SaysThatAFileIsGoneThatSomebodyMayHaveOpen) {
  auto directory = WorkingDirectory::create({{"a.conf", 0644, "port 1\n"}});
  ASSERT_TRUE(directory);
  auto content = directory->remember();
  ASSERT_TRUE(content);
  std::filesystem::remove(directory->path() + "/a.conf");
  EXPECT_FALSE(directory->restore(*content));
}

}  // namespace
}  // namespace crashreel
