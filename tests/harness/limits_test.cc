// What ends a program that takes more of the machine than it may, and how is that told?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cstdlib>
#include <string>

#include "harness/cgroup.h"
#include "harness/fork_server.h"
#include "harness/sandbox.h"
#include "tests/capture/reel/folder.h"
#include "tests/harness/sandboxed.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

class Limits : public Sandboxed {};

TEST_F(Limits, SaysThatItsSmallDiskIsFullAndEmptiesIt) {
  const Folder disk;
  if (::mount("tmpfs", disk.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "this user may mount no disk";
  }
  ::setenv("TMPDIR", disk.path().c_str(), 1);
  const Reel asked = lines("1:FILL");
  EXPECT_THAT(said(target(asked), asked), HasSubstr("FILL: No space left on device\n"));
  EXPECT_EQ(disk.entries(), 0u);
  EXPECT_EQ(::umount(disk.path().c_str()), 0);
}

TEST_F(Limits, EndsWhatWritesALargerFileThanItMay) {
  const Reel asked = lines("1:FILL");
  Target made = target(asked);
  made.sandbox.limits.file_bytes = 1 << 20;
  const auto outcome = run_try(made, asked, whole_sequence(asked), kImpatient);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kCrashed) << testing::PrintToString(*outcome);
  EXPECT_EQ(outcome->signature.kind, "SIGXFSZ");
  expect_nothing_left();
}

// The watchdog would have waited for longer.
TEST_F(Limits, EndsWhatTakesMoreOfTheProcessorThanItMay) {
  const Reel asked = lines("1:hello 1:SPIN");
  Target made = target_for(asked, {zoo("busy"), "7001"});
  made.sandbox.limits.cpu_seconds = 1;
  const auto outcome = run_try(made, asked, whole_sequence(asked), {.hang_ms = 60'000});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kCrashed) << testing::PrintToString(*outcome);
  EXPECT_EQ(outcome->signature.kind, "SIGKILL");
}

TEST_F(Limits, ForksNoMoreThanItMay) {
  const Reel asked = lines("1:BOMB");
  Target made = target(asked);
  made.sandbox.limits.processes = 100;
  // To make so many takes longer on a busy machine than the impatient wait for.
  const std::string answer = said(made, asked, {});
  for (const std::string& name : gone_without()) {
    if (name == "a limit to its processes") GTEST_SKIP() << "no cgroup can be had";
  }
  const auto at = answer.find("forked ");
  ASSERT_NE(at, std::string::npos) << answer;
  EXPECT_LT(std::atoi(answer.c_str() + at + 7), 100);
  EXPECT_GT(std::atoi(answer.c_str() + at + 7), 50);
  expect_nothing_left();
}

// With the limit that the tests of it have.
class MemoryLimit : public Sandboxed, public testing::WithParamInterface<const char*> {
 protected:
  static constexpr std::uint64_t kLimit = 96u << 20;

  void SetUp() override {
    if (!Cgroup::make({.memory_bytes = kLimit}).limits_memory()) {
      GTEST_SKIP() << "no cgroup that limits memory can be made here";
    }
  }

  Target glutton(const Reel& reel) const {
    Target made = target_for(reel, {zoo(GetParam()), "7001"});
    made.sandbox.limits.memory_bytes = kLimit;
    return made;
  }

  Outcome outcome_of(const std::string& text) const {
    const Reel asked = lines(text);
    auto outcome = run_try(glutton(asked), asked, whole_sequence(asked));
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome{};
  }
};

void expect_out_of_memory(const Outcome& outcome) {
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.signature, (Signature{kMemoryLimitKind, {}}));
  EXPECT_THAT(describe(outcome), HasSubstr("memory limit of 96 MiB after "));
}

TEST_P(MemoryLimit, IsACrashOfItsOwn) {
  expect_out_of_memory(outcome_of("1:hello 1:EAT_1000 1:late"));
  EXPECT_EQ(outcome_of("1:hello 1:EAT_16 1:late").ending, Ending::kSurvived);
  EXPECT_EQ(outcome_of("1:hello 1:DIE").signature, (Signature{"SIGKILL", {}}));
}

TEST_P(MemoryLimit, IsToldOfEachCopy) {
  const Reel eating = lines("1:EAT_1000");
  const Reel dying = lines("1:DIE");
  const Target made = glutton(eating);
  const Layout layout = whole_layout(eating, made);
  auto server = ForkServer::start(made, layout, TryOptions{}.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 2; ++i) {
    const auto ate = run_try(*server, made, layout);
    ASSERT_TRUE(ate) << ate.error().message;
    expect_out_of_memory(*ate);
    const auto died = run_try(*server, made, whole_layout(dying, made));
    ASSERT_TRUE(died) << died.error().message;
    EXPECT_EQ(died->signature, (Signature{"SIGKILL", {}}));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryLimit, testing::Values("glutton", "glutton_asan"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace crashreel
