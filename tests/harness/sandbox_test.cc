// What can a hostile program do to the machine, and what is left of it afterwards?
#include "harness/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "harness/fork_server.h"
#include "harness/keeper/order.h"
#include "tests/capture/reel/folder.h"
#include "tests/harness/sandboxed.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class SandboxTest : public Sandboxed {};

class Hostile : public SandboxTest, public testing::WithParamInterface<const char*> {
 protected:
  Reel reel() const { return lines(std::string("1:hello 1:") + GetParam() + " 1:late"); }
};

TEST_P(Hostile, LeavesNothingWhenStartedAlone) {
  const Reel asked = reel();
  const auto outcome = run_try(target(asked), asked, whole_sequence(asked), kImpatient);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->performed > 1, true) << testing::PrintToString(*outcome);
  expect_nothing_left();
}

TEST_P(Hostile, LeavesNothingWhenFedFromOutside) {
  const Reel asked = reel();
  Target made = target(asked);
  made.from_outside = true;
  const auto outcome = run_try(made, asked, whole_sequence(asked), kImpatient);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->performed > 1, true) << testing::PrintToString(*outcome);
  expect_nothing_left();
}

TEST_P(Hostile, LeavesNothingToTheNextCopy) {
  const Reel asked = reel();
  const Target made = target(asked);
  const Layout layout = whole_layout(asked, made);
  auto server = ForkServer::start(made, layout, kImpatient.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 2; ++i) {
    const auto outcome = run_try(*server, made, layout, kImpatient);
    // A copy that kills whomever it can kills the server, and one that leaves a file makes it
    // unfit for others: that is said.
    const std::string& word = asked.inputs[1].data;
    if (!outcome && (word == "KILL\n" || word == "TMP\n")) break;
    ASSERT_TRUE(outcome) << outcome.error().message;
    // The server, its keeper, and a copy that has come back.
    EXPECT_EQ(left().size(), server->has_standby() ? 3u : 2u) << testing::PrintToString(*outcome);
  }
  server = Error{Trouble::kTarget, "is over"};
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Of, Hostile,
                         testing::Values("BOMB", "CHAIN", "DAEMON", "IGNORE", "FILL", "CLOSE",
                                         "UNSET", "ABSTRACT", "TMP", "ELSEWHERE", "KILL"),
                         [](const auto& word) { return std::string(word.param); });

class Keeper : public SandboxTest, public testing::WithParamInterface<const char*> {};

// Where the kernel has no namespaces for us.
TEST_P(Keeper, EndsAllThatIsLeftWithoutNamespaces) {
  const Reel asked = lines(std::string("1:") + GetParam());
  const auto outcome = run_try(target(asked, false), asked, whole_sequence(asked), kImpatient);
  ASSERT_TRUE(outcome) << outcome.error().message;
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Of, Keeper, testing::Values("BOMB", "CHAIN", "DAEMON", "IGNORE"),
                         [](const auto& word) { return std::string(word.param); });

bool has(std::uint32_t parts) {
  return (parts_of({}) & parts) == parts;
}

TEST_F(SandboxTest, SeesNoNetworkButItsOwnLoopback) {
  const Reel asked = lines("1:NETWORKS");
  const std::string answer = said(target(asked), asked);
  if (!has(kPartNetwork)) GTEST_SKIP() << "the kernel gives no network of its own";
  EXPECT_THAT(answer, HasSubstr("NETWORKS: lo\n"));
}

TEST_F(SandboxTest, WritesToTmpThatIsGoneWithItAndNowhereElse) {
  const Reel asked = lines("1:TMP 1:ELSEWHERE 1:REMOUNT");
  const std::string answer = said(target(asked), asked);
  if (!has(kPartMount | kPartScratch)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  EXPECT_THAT(answer, HasSubstr("TMP: written, written\n"));
  EXPECT_THAT(answer, HasSubstr("ELSEWHERE: Read-only file system, Read-only file system\n"));
  EXPECT_THAT(answer, HasSubstr("REMOUNT: Operation not permitted\n"));
  expect_nothing_left();
}

TEST_F(SandboxTest, MakesNoCopyThatWouldFindWhatAnotherHasLeftInTmp) {
  const Reel asked = lines("1:TMP");
  const Reel harmless = lines("1:hello");
  const Target made = target(asked);
  auto server = ForkServer::start(made, whole_layout(asked, made), kImpatient.hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  if (!has(kPartMount | kPartScratch)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  const auto run = [&](const Reel& reel) {
    const auto outcome = run_try(*server, made, whole_layout(reel, made), kImpatient);
    return outcome ? std::string(name_of(outcome->ending)) : outcome.error().message;
  };
  EXPECT_EQ(run(harmless), "survived");
  EXPECT_EQ(run(asked), "survived");
  EXPECT_EQ(run(harmless), "a copy of it has left files in /tmp or the like");
}

// Over an empty folder no overlay is laid: a program can't tell.
TEST_F(SandboxTest, ShowsAnEmptyFolderOfScratchAsItShowsAFullOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "this user may mount nothing";
  const Reel asked = lines("1:RUN");
  Target made = target(asked);
  made.sandbox.limits.file_bytes = 64 << 20;
  static_cast<void>(said(made, asked));
  if (!has(kPartMount | kPartScratch)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  const std::string shown = "RUN: 1751 of 12, nosuid nodev, 64 MiB\n";
  const pid_t child = ::fork();
  if (child == 0) {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", "/run", "tmpfs", 0, "mode=1751,uid=12") == 0;
    const std::string empty = said(made, asked);
    const bool filled = mounted && fs::create_directory("/run/something");
    const std::string full = said(made, asked);
    std::printf("%s%s", empty.c_str(), full.c_str());
    std::fflush(stdout);
    const bool same = empty.find(shown) != empty.npos && full.find(shown) != full.npos;
    ::_exit(filled && same ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(SandboxTest, WritesWhereALinkLeadsThatItIsAllowedToFollow) {
  if (::geteuid() != 0) GTEST_SKIP() << "this user may not write there himself";
  const Reel asked = lines("1:ELSEWHERE");
  Target made = target(asked);
  const std::string link = folder_.path() + "/link";
  fs::create_directory_symlink("/usr/../var/", link);
  made.sandbox.writable = {link + "/."};
  const std::string answer = said(made, asked);
  fs::remove(link);
  if (!has(kPartMount)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  EXPECT_THAT(answer, HasSubstr("ELSEWHERE: written, Read-only file system\n"));
  EXPECT_TRUE(fs::remove("/var/crashreel-hostile"));
}

TEST_F(SandboxTest, WritesWhereItIsAllowedTo) {
  if (::geteuid() != 0) GTEST_SKIP() << "this user may not write there himself";
  const Reel asked = lines("1:ELSEWHERE");
  Target made = target(asked);
  made.sandbox.writable = {"/var"};
  const std::string answer = said(made, asked);
  if (!has(kPartMount)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  EXPECT_THAT(answer, HasSubstr("ELSEWHERE: written, Read-only file system\n"));
  EXPECT_TRUE(fs::remove("/var/crashreel-hostile"));
}

// Where there can be no overlay, entries are put back one by one, and at most 500 of them.
TEST_F(SandboxTest, FindsItsFolderAmongThousandsOfOthers) {
  const Reel asked = lines("1:ELSEWHERE 1:TMP");
  static_cast<void>(said(target(asked), asked));
  if (!has(kPartMount | kPartScratch)) GTEST_SKIP() << "the kernel gives no mounts of its own";
  const std::string crowd = "/var/tmp/crashreel-crowd." + std::to_string(::getpid()) + ".";
  ::setenv("TMPDIR", "/var/tmp", 1);
  const Folder between;
  ::setenv("TMPDIR", between.path().c_str(), 1);
  for (int i = 0; i < 3000; ++i) fs::create_directory(crowd + std::to_string(i));
  const std::string answer = said(target(asked), asked);
  for (int i = 0; i < 3000; ++i) fs::remove(crowd + std::to_string(i));
  EXPECT_TRUE(has(kPartMount | kPartProcess | kPartScratch));
  EXPECT_THAT(answer, HasSubstr("TMP: written, written\n"));
  EXPECT_EQ(between.entries(), 0u);
  expect_nothing_left();
}

// Waits for processes that are being killed; nobody may be left in the end.
void wait_until_gone(const std::vector<pid_t>& processes) {
  for (const pid_t pid : processes) {
    pollfd end = {static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
    if (end.fd < 0) continue;
    EXPECT_EQ(::poll(&end, 1, 60'000), 1) << "process " << pid << " outlives crashreel";
    ::close(end.fd);
  }
}

// Alone, as a copy, and fed from outside.
TEST_F(SandboxTest, NothingRunsOnWhenCrashreelIsKilledAtAnyMoment) {
  const Reel asked = lines("1:DAEMON 1:hello 1:more");
  Target made = target(asked);
  const Layout layout = whole_layout(asked, made);
  std::mt19937 random(20);
  for (int i = 0; i < 24; ++i) {
    made.from_outside = i % 3 == 1;
    const pid_t killed = ::fork();
    if (killed == 0) {
      auto server = i % 3 != 2 ? Result<ForkServer>(Error{Trouble::kTarget, "is not wanted"})
                               : ForkServer::start(made, layout, kImpatient.hang_ms);
      for (;;) {
        if (server) (void)run_try(*server, made, layout, kImpatient).has_value();
        if (!server) (void)run_try(made, asked, whole_sequence(asked), kImpatient).has_value();
      }
    }
    pollfd end = {static_cast<int>(::syscall(SYS_pidfd_open, killed, 0)), POLLIN, 0};
    EXPECT_EQ(::poll(&end, 1, static_cast<int>(random() % 60)), 0);  // the moment
    ::kill(killed, SIGKILL);
    ::waitpid(killed, nullptr, 0);
    ::close(end.fd);
    for (std::vector<pid_t> running = left(); !running.empty(); running = left()) {
      wait_until_gone(running);
      if (HasFailure()) return;
    }
  }
  for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove_all(entry.path());
}

}  // namespace
}  // namespace crashreel
