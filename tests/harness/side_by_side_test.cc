// Many tries at once, and nothing left of any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/capture/reel/folder.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::SizeIs;

// Tries make their directories in here, so that what is left can be counted.
class SideBySide : public testing::Test {
 protected:
  SideBySide() { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
  ~SideBySide() override { ::unsetenv("TMPDIR"); }

  Folder folder_;
};

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

// Waits for a process that is not ours to end; it has been killed already.
void wait_until_gone(int pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return;  // it is gone
  pollfd end = {fd, POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 60'000), 1) << "process " << pid << " outlives its try";
  ::close(fd);
}

TEST_F(SideBySide, FourInstancesAnswerAsOneDoes) {
  const Reel reel = lines("1:hello 2:PAY 1:OPEN 2:some 1:more 2:PAY");
  std::vector<std::vector<std::string>> seen(4);
  std::vector<std::thread> testers;
  for (auto& outcomes : seen) {
    testers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const Outcome outcome = try_server("pool", reel);
        outcomes.push_back(describe(outcome) + " " + std::to_string(outcome.answer_digest));
      }
    });
  }
  for (std::thread& tester : testers) tester.join();
  std::set<std::string> different;
  for (const auto& outcomes : seen) different.insert(outcomes.begin(), outcomes.end());
  EXPECT_THAT(different, SizeIs(1));
  EXPECT_THAT(*different.begin(), testing::StartsWith("SIGSEGV in pool+"));
}

class NothingIsLeft : public SideBySide, public testing::WithParamInterface<const char*> {};

TEST_P(NothingIsLeft, WhenATryIsOver) {
  const Reel reel = lines("1:hello 1:SPIN 1:BREAK");
  const std::size_t before = open_descriptors();
  // With processes of its own the number that it says would be another's here (sandbox_test.cc).
  Target target = target_for(reel, {zoo(GetParam()), "7001"});
  target.sandbox.enabled = false;
  const auto tried = run_try(target, reel, whole_sequence(reel), {.hang_ms = 500});
  ASSERT_TRUE(tried) << tried.error().message;
  const Outcome& outcome = *tried;
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(folder_.entries(), 0u);
  int child = 0;
  const auto said = outcome.output_tail.find("child ");
  if (said != std::string::npos) child = std::atoi(outcome.output_tail.c_str() + said + 6);
  if (child != 0) wait_until_gone(child);
}

INSTANTIATE_TEST_SUITE_P(Of, NothingIsLeft,
                         testing::Values("canary", "pool", "hushed", "busy", "stillborn", "deaf",
                                         "vandal", "litter"),
                         [](const auto& name) { return std::string(name.param); });

TEST_F(SideBySide, NothingIsLeftWhenAProgramCantBeExecuted) {
  const Reel reel = lines("1:hello");
  auto target = target_of(reel, {{zoo("canary"), "7001"}});
  ASSERT_TRUE(target);
  target->executable = "/no/such/program";
  const std::size_t before = open_descriptors();
  EXPECT_TRUE(run_try(*target, reel, whole_sequence(reel)));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(folder_.entries(), 0u);
}

// A file of the reel's that can't be laid where it wants to be is trouble, or lies elsewhere; it
// never gets out of the try's directory.
TEST_F(SideBySide, FilesStayInTheirTrysDirectory) {
  for (const std::string path : {"../escaped", "/tmp/../../escaped", "a/../../escaped", "..", ".",
                                 "/", "", "folder/", "a/b/c.conf"}) {
    Reel reel = lines("1:hello");
    reel.files = {{path, 0600, "contents"}};
    const auto target = target_of(reel, {{zoo("canary"), "7001"}});
    ASSERT_TRUE(target);
    const auto outcome = run_try(*target, reel, whole_sequence(reel));
    if (!outcome) {
      EXPECT_EQ(outcome.error().trouble, Trouble::kEnvironment) << path;
    }
    EXPECT_EQ(folder_.entries(), 0u) << path;
  }
}

}  // namespace
}  // namespace crashreel
