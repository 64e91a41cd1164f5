// What a program that is asked to says of its own death, and that it is none the worse for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <span>
#include <utility>

#include "capture/reel/reel_reader.h"
#include "capture/reel/ring_crash_reader.h"
#include "capture/runtime/ring_crash.h"
#include "harness/signal_names.h"
#include "tests/tools/recording.h"
#include "tests/tools/run_command.h"
#include "tools/pipeline/take_ring.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CrashFactsTest : public ::testing::Test {
 protected:
  CrashFactsTest() {
    scene_.options().frames = true;
    scene_.options().keep_ring = true;
  }

  // As the ring has them.
  TakenRing facts() {
    auto taken = take_ring(scene_.folder() / "ring");
    EXPECT_TRUE(taken.has_value());
    return taken ? std::move(*taken) : TakenRing();
  }

  SubjectScene scene_;
};

std::size_t frames_in(const CrashFacts& crash, const std::string& module) {
  return static_cast<std::size_t>(
      std::count_if(crash.signature.frames.begin(), crash.signature.frames.end(),
                    [&](const Frame& frame) { return frame.module == module; }));
}

TEST_F(CrashFactsTest, SayWhereAndWhyItFaulted) {
  EXPECT_EQ(scene_.end_by("segv").signal, SIGSEGV);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_EQ(crash.signature.kind, "SIGSEGV");
  EXPECT_EQ(fault_text(taken.ring.reel.crash), "SEGV_MAPERR at address 0x10");
  EXPECT_EQ(crash.code, SEGV_MAPERR);
  EXPECT_EQ(crash.address, 0x10u);
  // The write, obey, main at least, and what started main.
  EXPECT_GE(frames_in(crash, "subject"), 3u);
  EXPECT_EQ(crash.signature.frames.front().module, "subject");
  EXPECT_FALSE(crash.signature.frames.front().build_id.empty());
  EXPECT_GE(frames_in(crash, "libc.so.6"), 1u);
}

TEST_F(CrashFactsTest, AreNotTakenUnasked) {
  scene_.options().frames = false;
  EXPECT_EQ(scene_.end_by("segv").signal, SIGSEGV);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_EQ(crash.signature.kind, "SIGSEGV");
  EXPECT_THAT(crash.signature.frames, IsEmpty());
  EXPECT_EQ(fault_text(taken.ring.reel.crash), "");
}

TEST_F(CrashFactsTest, HaveTheCallThatJumpedToNowhere) {
  EXPECT_EQ(scene_.end_by("jump").signal, SIGSEGV);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  ASSERT_GE(crash.signature.frames.size(), 2u);
  EXPECT_THAT(crash.signature.frames[0].module, IsEmpty());
  EXPECT_EQ(crash.signature.frames[1].module, "subject");
}

TEST_F(CrashFactsTest, HaveTheStackOfAnAbort) {
  EXPECT_EQ(scene_.end_by("abort").signal, SIGABRT);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_EQ(crash.signature.kind, "SIGABRT");
  EXPECT_EQ(crash.signature.frames.front().module, "libc.so.6");
  EXPECT_GE(frames_in(crash, "subject"), 2u);
  EXPECT_EQ(fault_text(taken.ring.reel.crash), "sent by tgkill() or raise()");
}

TEST_F(CrashFactsTest, HaveARecursionWhereTheProgramHasAnAlternateStack) {
  scene_.start();
  scene_.ask("signal stack");
  scene_.ask("overflow");
  EXPECT_EQ(scene_.wait().signal, SIGSEGV);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_EQ(crash.signature.kind, "SIGSEGV (stack overflow)");
  EXPECT_GE(frames_in(crash, "subject"), 1u);
}

TEST_F(CrashFactsTest, LackTheRecursionWhereItHasNone) {
  EXPECT_EQ(scene_.end_by("overflow").signal, SIGSEGV);
  EXPECT_EQ(facts().ring.reel.crash.signature.kind, "SIGSEGV");
}

TEST_F(CrashFactsTest, LetTheProgramsOwnHandlerRunWithAllThatTheKernelTold) {
  scene_.start();
  EXPECT_EQ(scene_.ask("handle tell"), "set, was default");
  scene_.ask("segv");
  EXPECT_EQ(scene_.answer(), "handler 11 at 0x10");
  EXPECT_EQ(scene_.wait().signal, SIGSEGV);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_EQ(fault_text(taken.ring.reel.crash), "SEGV_MAPERR at address 0x10");
  EXPECT_EQ(crash.signature.frames.front().module, "subject");
}

TEST_F(CrashFactsTest, AreOfACrashThatTheProgramsHandlerMadeAnExit) {
  scene_.start();
  scene_.ask("handle exit");
  scene_.ask("segv");
  const RecordReport report = scene_.wait();
  EXPECT_EQ(report.status, 9);
  const TakenRing taken = facts();
  const CrashFacts& crash = taken.ring.reel.crash;
  EXPECT_TRUE(scene_.has("reel"));
  EXPECT_EQ(crash.exit_status, 9);
  EXPECT_EQ(crash.signature.kind, "SIGSEGV");
  EXPECT_GE(frames_in(crash, "subject"), 3u);
}

TEST_F(CrashFactsTest, AreNotOfFaultsThatTheProgramMends) {
  scene_.start();
  scene_.ask("handle mend");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(scene_.ask("mended"), "ok");
  EXPECT_EQ(scene_.ask("handle default"), "set, was not default");
  scene_.tell("exit 0");
  const RecordReport report = scene_.wait();
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(report.reel_path, IsEmpty());
}

TEST_F(CrashFactsTest, LeaveAnIgnoredSignalIgnored) {
  scene_.start();
  scene_.ask("handle ignore");
  scene_.ask("kill 11");
  EXPECT_EQ(scene_.ask("still here"), "ok");
  scene_.tell("exit 0");
  EXPECT_EQ(scene_.wait().status, 0);
}

TEST_F(CrashFactsTest, AreNotOfAForkedChild) {
  scene_.start();
  scene_.ask("child segv");
  EXPECT_EQ(scene_.ask("still here"), "ok");
  scene_.tell("exit 0");
  EXPECT_THAT(scene_.wait().reel_path, IsEmpty());
}

// As the program links it: no recorder, nobody beside it who sees it end.
TEST(LibraryFrames, AreInTheRingOfAProgramThatRecordsItself) {
  TemporaryDirectory directory;
  directory.write("script", "handle tell\nsegv\n");
  const CommandRun run = run_line(std::string(SUBJECT) + " answers own.ring < script",
                                  {.directory = directory.path()});
  EXPECT_EQ(run.exit, 128 + SIGSEGV) << run.err;
  EXPECT_EQ(directory.read("answers"), "set, was not default\nok\nhandler 11 at 0x10\n");
  const auto taken = take_ring(directory.file("own.ring"));
  ASSERT_TRUE(taken.has_value());
  // Its own handler came later and replaced ours: what it did not chain to, we can't see.
  EXPECT_EQ(fault_text(taken->ring.reel.crash), "");
}

TEST(LibraryFrames, SayHowItEndedThoughNobodySawIt) {
  TemporaryDirectory directory;
  directory.write("script", "segv\n");
  run_line(std::string(SUBJECT) + " answers own.ring < script", {.directory = directory.path()});
  const auto taken = take_ring(directory.file("own.ring"));
  ASSERT_TRUE(taken.has_value());
  const CrashFacts& crash = taken->ring.reel.crash;
  EXPECT_FALSE(crash.known);
  EXPECT_EQ(crash.signal, SIGSEGV);
  EXPECT_EQ(fault_text(taken->ring.reel.crash), "SEGV_MAPERR at address 0x10");
  EXPECT_GE(frames_in(crash, "subject"), 3u);
}

TEST(LibraryFrames, AreReadWithinBoundsWhateverStandsThere) {
  TemporaryDirectory directory;
  directory.write("script", "segv\n");
  run_line(std::string(SUBJECT) + " answers own.ring < script", {.directory = directory.path()});
  std::string bytes = directory.read("own.ring");
  const auto image = RingImage::over(std::as_bytes(std::span(bytes)), "ring");
  ASSERT_TRUE(image.has_value());
  const ring::Superblock super = image->super();
  ASSERT_NE(super.crash_bytes, 0u);
  for (std::size_t i = 0; i < sizeof(ring::CrashHeader); ++i) {
    const char before = std::exchange(bytes[super.crash_offset + i], '\xff');
    if (const auto crash = read_ring_crash(*image)) {
      EXPECT_LE(crash->frames.size(), ring::kMaxCrashFrames);
      EXPECT_LT(crash->maps.size() + crash->stack.size() + crash->report.size(), super.crash_bytes);
    }
    bytes[super.crash_offset + i] = before;
  }
}

class SanitizerReport : public ::testing::Test {
 protected:
  CommandRun record(const std::string& line, const std::string& program = OVERFLOWN) {
    return run_line("echo " + line +
                        " | crashreel record --ring 1MiB --keep-ring --ring-path $PWD/ring"
                        " -o a.reel -- " +
                        program,
                    {.directory = directory_.path()});
  }

  TemporaryDirectory directory_;
};

TEST_F(SanitizerReport, IsKeptAndPrintedAsAlways) {
  const CommandRun run = record("longer than eight");
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.err, HasSubstr("ERROR: AddressSanitizer: heap-buffer-overflow"));
  EXPECT_TRUE(std::filesystem::exists(directory_.file("a.reel"))) << run.err;
  const auto taken = take_ring(directory_.file("ring"));
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->ring.reel.crash.exit_status, 1);
  ASSERT_TRUE(taken->crash.has_value());
  EXPECT_THAT(taken->crash->report, HasSubstr("heap-buffer-overflow"));
  const auto reel = read_reel(directory_.file("a.reel"));
  ASSERT_TRUE(reel.has_value());
  EXPECT_EQ(reel->reel.crash.report, taken->crash->report);
  EXPECT_EQ(reel->reel.crash.reason, SaveReason::kCrash);
  EXPECT_THAT(taken->crash->report, HasSubstr("WRITE of size 1"));
}

TEST_F(SanitizerReport, IsPickedFromStandardErrorWhereASanitizerTellsNobodyElse) {
  const CommandRun run = record("longer than eight", MISINDEXED);
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.err, HasSubstr("before\n"));
  EXPECT_THAT(run.err, HasSubstr("runtime error: index 18 out of bounds"));
  const auto read = read_reel(directory_.file("a.reel"));
  ASSERT_TRUE(read.has_value()) << run.err;
  const CrashFacts& crash = read->reel.crash;
  EXPECT_EQ(crash.reason, SaveReason::kCrash);
  EXPECT_EQ(crash.exit_status, 1);
  EXPECT_THAT(crash.report, HasSubstr("runtime error: index 18 out of bounds"));
  EXPECT_THAT(crash.report, Not(HasSubstr("before")));
}

TEST_F(SanitizerReport, LeavesStandardErrorAloneOfAProgramThatIsFine) {
  const CommandRun run = record("", MISINDEXED);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("before\n"));
  EXPECT_FALSE(std::filesystem::exists(directory_.file("a.reel")));
}

TEST_F(SanitizerReport, IsNoneWhereNothingWasWrong) {
  const CommandRun run = record("short");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_FALSE(std::filesystem::exists(directory_.file("a.reel")));
  const auto taken = take_ring(directory_.file("ring"));
  ASSERT_TRUE(taken.has_value());
  EXPECT_FALSE(taken->crash.has_value());
}

}  // namespace
}  // namespace crashreel::testing
