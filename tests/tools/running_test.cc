// What record() does while the program runs on: reels of the present moment, signals, hangs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>

#include "capture/reel/reel_reader.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/tools/recording.h"
#include "tests/tools/run_command.h"

namespace crashreel::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Waits until record() has told of so many reels.
class Saves {
 public:
  void watch(RecordOptions& options) {
    options.saved = [this](const SavedReel& saved) {
      const std::lock_guard guard(lock_);
      saves_.push_back(saved);
      changed_.notify_all();
    };
  }
  SavedReel number(std::size_t count) {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return saves_.size() >= count; });
    return saves_[count - 1];
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<SavedReel> saves_;
};

class RunningTest : public ::testing::Test {
 protected:
  RunningTest() { saves_.watch(scene_.options()); }

  Reel reel_of(const SavedReel& saved) {
    EXPECT_THAT(saved.trouble, IsEmpty());
    const Result<ReadReel> read = read_reel(saved.path);
    EXPECT_TRUE(read.has_value());
    return read ? read->reel : Reel();
  }

  Saves saves_;
  SubjectScene scene_;
};

TEST_F(RunningTest, MakesAReelWhenTheProgramAsksForOne) {
  scene_.start();
  scene_.ask("before");
  EXPECT_EQ(scene_.ask("save"), "save 0");
  const SavedReel saved = saves_.number(1);
  EXPECT_EQ(saved.reason, SaveReason::kRequest);
  const Reel reel = reel_of(saved);
  EXPECT_FALSE(reel.crash.known);
  EXPECT_EQ(reel.crash.reason, SaveReason::kRequest);
  EXPECT_TRUE(reel.crash.still_running);
  EXPECT_THAT(data_of(reel), Contains("before\n"));
  EXPECT_EQ(scene_.ask("after"), "ok");
  scene_.tell("exit 0");
  EXPECT_EQ(scene_.wait().while_running.size(), 1u);
}

TEST_F(RunningTest, HearsAProgramThatAsksAndEndsAtOnce) {
  scene_.start();
  scene_.tell("save\nexit 0");
  const RecordReport report = scene_.wait();
  ASSERT_EQ(report.while_running.size(), 1u);
  EXPECT_THAT(report.while_running[0].path, ::testing::EndsWith("/reel"));
}

TEST_F(RunningTest, MakesAReelOnTheSignalThatIsItsOwnAndPassesOthersOn) {
  scene_.options().save_signal = SIGUSR2;
  scene_.start();
  scene_.ask("first");
  ::pthread_kill(scene_.thread().native_handle(), SIGUSR2);
  EXPECT_EQ(saves_.number(1).reason, SaveReason::kSignal);
  EXPECT_THAT(data_of(reel_of(saves_.number(1))), ElementsAre("first\n"));
  ::pthread_kill(scene_.thread().native_handle(), SIGUSR1);
  EXPECT_EQ(scene_.wait().signal, SIGUSR1);
}

TEST_F(RunningTest, PassesThatSignalOnWhenItIsNotItsOwn) {
  scene_.start();
  scene_.ask("first");
  ::pthread_kill(scene_.thread().native_handle(), SIGUSR2);
  const RecordReport report = scene_.wait();
  EXPECT_EQ(report.signal, SIGUSR2);
  EXPECT_THAT(report.while_running, IsEmpty());
}

TEST_F(RunningTest, SkipsWhatAProgramAsksForTooOften) {
  scene_.options().loop_time = 1h;
  scene_.options().keep_reels = 2;
  scene_.start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(scene_.ask("save"), "save 0");
    const SavedReel saved = saves_.number(static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(saved.skipped.empty(), i < 2) << saved.skipped;
  }
  scene_.tell("exit 0");
  scene_.wait();
}

TEST_F(RunningTest, TellsAProgramWhenNobodyStandsBy) {
  scene_.start();
  EXPECT_EQ(scene_.ask("save"), "save 0");
  scene_.tell("exit 0");
  scene_.wait();
  // By itself, with the recorder but without record().
  put_file(scene_.folder() / "script", "save\n");
  RecordedServer alone({.argv = {SUBJECT, scene_.folder() / "told"},
                        .ring_path = scene_.folder() / "alone.ring",
                        .standard_input = scene_.folder() / "script"});
  alone.wait();
  EXPECT_EQ(file_bytes(scene_.folder() / "told"), "save " + std::to_string(ESRCH) + "\n");
}

TEST_F(RunningTest, SeesAProgramThatLeavesItsInputUntaken) {
  scene_.options().hang.after = 300ms;
  scene_.start();
  scene_.ask("first");
  scene_.ask("block");
  scene_.tell("never taken");
  scene_.tell("nor this");
  const SavedReel saved = saves_.number(1);
  EXPECT_EQ(saved.reason, SaveReason::kHang);
  EXPECT_THAT(saved.text, HasSubstr("a line of standard input"));
  EXPECT_THAT(saved.text, HasSubstr("took no input for 300 ms"));
  EXPECT_THAT(data_of(reel_of(saved)), Contains("block\n"));
  ::pthread_kill(scene_.thread().native_handle(), SIGTERM);
  scene_.wait();
}

TEST_F(RunningTest, EndsAProgramThatHangsWhenAskedTo) {
  scene_.options().hang = {.after = 300ms, .kill_signal = SIGABRT};
  scene_.start();
  scene_.ask("first");
  scene_.tell("spin");
  const RecordReport report = scene_.wait();
  EXPECT_EQ(report.signal, SIGABRT);
  EXPECT_EQ(report.while_running.size(), 1u);
  EXPECT_THAT(saves_.number(1).text, HasSubstr("burn the processor"));
}

TEST_F(RunningTest, LeavesAProgramAloneThatWaitsForItsNextInput) {
  scene_.options().hang = {.after = 100ms, .kill_signal = SIGABRT};
  scene_.start();
  scene_.ask("first");
  std::this_thread::sleep_for(400ms);
  EXPECT_EQ(scene_.ask("last"), "ok");
  scene_.tell("exit 0");
  EXPECT_EQ(scene_.wait().status, 0);
}

// The command itself is stopped here, so it must be a process of its own.
TEST(RecordCommand, StopsWithItsProgramAndGoesOnWithIt) {
  TemporaryDirectory directory;
  const CommandRun run = run_line(
      "mkfifo p\n"
      "crashreel record --ring 1MiB -o r.reel -- sh -c 'kill -TSTP $PPID; read x < p; exit 7' &\n"
      "recorder=$!\n"
      "until grep -q '^State:.*T' /proc/$recorder/status; do sleep 0.02; done\n"
      "kill -CONT $recorder\n"
      "echo > p\n"
      "wait $recorder\n",
      {.directory = directory.path()});
  EXPECT_EQ(run.exit, 7) << run.err;
}

}  // namespace
}  // namespace crashreel::testing
