// The rule by which a program is called hung, on made-up processes; and one look at a real one.
#include "tools/pipeline/hang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tools/pipeline/process_sample.h"

namespace crashreel::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A process that is looked at once a second.
class Process {
 public:
  ProcessSample now{.threads = 2};

  // How often it was called hung within so many seconds.
  int hangs_within(int seconds, std::chrono::nanoseconds cpu = 0s) {
    int hangs = 0;
    for (int i = 0; i < seconds; ++i) {
      now.at += 1s;
      now.cpu += cpu;
      if (const auto text = rule_.add(now)) ++hangs, text_ = *text;
    }
    return hangs;
  }
  void takes_an_input() { ++now.progress; }
  const std::string& text() const { return text_; }

 private:
  HangRule rule_{30s};
  std::string text_;
};

TEST(HangRule, LeavesAnIdleServerAlone) {
  Process process;
  EXPECT_EQ(process.hangs_within(10'000), 0);
}

TEST(HangRule, CallsAProgramHungThatLeavesBytesUnread) {
  Process process;
  process.now.unread = 2;
  EXPECT_EQ(process.hangs_within(30), 0);
  EXPECT_EQ(process.hangs_within(1), 1);
  EXPECT_THAT(process.text(), HasSubstr("took no input for 30000 ms"));
  EXPECT_THAT(process.text(), HasSubstr("2 sessions with unread bytes"));
}

TEST(HangRule, SaysSoOnceAndAgainWhenItHungAnew) {
  Process process;
  process.now.queued = 1;
  EXPECT_EQ(process.hangs_within(1000), 1);
  process.takes_an_input();
  EXPECT_EQ(process.hangs_within(1000), 1);
}

TEST(HangRule, CountsFromTheLastInputThatWasTaken) {
  Process process;
  process.now.line_waits = true;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(process.hangs_within(25), 0);
    process.takes_an_input();
  }
}

TEST(HangRule, DoesNotCountTimeForWhichThereWasNoProcessor) {
  Process process;
  process.now.unread = 1;
  process.now.runnable = 1;
  EXPECT_EQ(process.hangs_within(250, 100ms), 0);
  EXPECT_EQ(process.hangs_within(100, 100ms), 1);
}

TEST(HangRule, DoesNotCountAStoppedProgram) {
  Process process;
  process.now.unread = 1;
  process.now.stopped = true;
  EXPECT_EQ(process.hangs_within(1000), 0);
  process.now.stopped = false;
  EXPECT_EQ(process.hangs_within(40), 1);
}

TEST(HangRule, CallsAProgramHungWhoseThreadsAllBurnTheProcessor) {
  Process process;
  process.now.runnable = 2;
  EXPECT_EQ(process.hangs_within(40, 2s), 1);
  EXPECT_THAT(process.text(), HasSubstr("burn the processor"));
}

TEST(HangRule, LeavesAThreadAloneThatWorksWhileTheOthersWait) {
  Process process;
  process.now.runnable = 1;
  EXPECT_EQ(process.hangs_within(1000, 1s), 0);
}

TEST(HangRule, ForgetsWhatNoLongerWaits) {
  Process process;
  process.now.unread = 1;
  EXPECT_EQ(process.hangs_within(25), 0);
  process.now.unread = 0;
  EXPECT_EQ(process.hangs_within(1), 0);
  process.now.unread = 1;
  EXPECT_EQ(process.hangs_within(25), 0);
}

TEST(ProcessSampleTest, SeesUnreadBytesQueuedClientsAndTheirTaking) {
  const Folder folder;
  RecordedServer server({.argv = {LISTENER, "tcp4", "read"}, .ring_path = folder / "ring"});
  const int port = server.port();
  Client client = Client::tcp(port);
  client.ask("a\n");
  const ProcessSample before = sample_process(server.pid(), folder / "ring");
  EXPECT_EQ(before.unread + before.queued, 0u);
  EXPECT_EQ(before.threads, 1u);
  EXPECT_FALSE(before.stopped);

  ASSERT_EQ(::kill(server.pid(), SIGSTOP), 0);
  client.send("b\n");
  Client second = Client::tcp(port);
  // The kernel stops a process in its own time.
  ProcessSample stopped = sample_process(server.pid(), folder / "ring");
  while (!stopped.stopped) stopped = sample_process(server.pid(), folder / "ring");
  if (stopped.progress == before.progress) {
    EXPECT_EQ(stopped.unread, 1u);
  }
  EXPECT_EQ(stopped.queued, 1u);

  ASSERT_EQ(::kill(server.pid(), SIGCONT), 0);
  client.receive_until("\n");
  second.ask("c\n");
  const ProcessSample after = sample_process(server.pid(), folder / "ring");
  EXPECT_EQ(after.unread + after.queued, 0u);
  EXPECT_NE(after.progress, before.progress);
}

}  // namespace
}  // namespace crashreel::testing
