// Does a copy go back to its beginning where all that it changed can be put back, and nowhere else?
#include <gtest/gtest.h>
#include <poll.h>

#include <ostream>
#include <string>
#include <utility>

#include "harness/fork_server.h"
#include "harness/signature.h"
#include "tests/harness/copies.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

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

}  // namespace
}  // namespace crashreel
