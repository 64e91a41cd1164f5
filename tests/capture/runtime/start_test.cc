// Starting, stopping, and what a program is told when there is no ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "capture/reel/ring_end.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The errno value that crashreel_start() gives a fresh process.
int start_in_child(const crashreel_options& options) {
  return WEXITSTATUS(in_child([&] { return crashreel_start(&options); }));
}

TEST(Start, MakesAPrivateFileOfTheSizeAskedFor) {
  const RingPath path;
  EXPECT_EQ(start_in_child(options_for(path, 300000)), 0);
  struct stat file{};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_EQ(file.st_size, 300000 / 4096 * 4096);
  EXPECT_GE(file.st_blocks * 512, file.st_size);  // not sparse: a full disk shows now or never
}

TEST(Start, RefusesWhatCanNotBeAndLeavesNothingBehind) {
  const RingPath path;
  EXPECT_EQ(start_in_child(options_for(path, 60 << 10)), EINVAL);
  EXPECT_EQ(start_in_child(options_for(path, std::uint64_t{65} << 30)), EINVAL);
  crashreel_options wrong_size = options_for(path);
  wrong_size.struct_size = 1000;
  EXPECT_EQ(start_in_child(wrong_size), EINVAL);
  EXPECT_FALSE(path.exists());
  EXPECT_EQ(start_in_child(options_for(RingPath("/no/such/folder/a.ring"))), ENOENT);
}

TEST(Start, TakesTheShorterOptionsOfAnOlderProgram) {
  const RingPath path;
  crashreel_options options = options_for(path, 70000, 0, 5);
  options.struct_size = offsetof(crashreel_options, keep_inputs);
  EXPECT_EQ(start_in_child(options), 0);
}

TEST(Start, NeverWritesOverAFileThatIsThere) {
  const Folder folder;
  put_file(folder / "precious", "do not touch");
  const RingPath path(folder / "precious");
  EXPECT_EQ(start_in_child(options_for(path)), EEXIST);
  EXPECT_EQ(file_bytes(path.str()), "do not touch");
}

TEST(Start, HappensOnceInAProcess) {
  const RingPath path;
  const int status = in_child([&] {
    const auto options = options_for(path);
    if (crashreel_start(&options) != 0) return 1;
    return crashreel_start(&options) == EALREADY ? 0 : 2;
  });
  EXPECT_EQ(status, 0);
}

TEST(Start, MayBeTriedAgainAfterAFailure) {
  const RingPath path;
  const int status = in_child([&] {
    const auto bad = options_for(path, 1), good = options_for(path);
    return crashreel_start(&bad) == EINVAL && crashreel_start(&good) == 0 ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST(Start, TakesFromTheEnvironmentWhatTheProgramLeavesOpen) {
  const RingPath path;
  const int status = in_child([&] {
    ::setenv("CRASHREEL_RING", path.c_str(), 1);
    ::setenv("CRASHREEL_RING_BYTES", "131072", 1);
    ::setenv("CRASHREEL_KEEP_INPUTS", "1", 1);
    ::setenv("CRASHREEL_PRELUDE_BYTES", "0", 1);
    if (crashreel_start(nullptr) != 0) return 1;
    record_text(1, "a");
    record_text(1, "b");
    return 0;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(std::filesystem::file_size(path.str()), 131072u);
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->reel.inputs.size(), 1u);
  EXPECT_EQ(read->reel.inputs[0].data, "b");
}

TEST(Start, RefusesNumbersThatAreNone) {
  const RingPath path;
  for (const char* text : {"1M", "-1", "99999999999999999999"}) {
    const int status = in_child([&] {
      ::setenv("CRASHREEL_RING_BYTES", text, 1);
      auto options = options_for(path);
      options.ring_bytes = 0;
      return crashreel_start(&options);
    });
    EXPECT_EQ(WEXITSTATUS(status), EINVAL) << text;
  }
}

TEST(Start, TellsHowTheProgramWasStarted) {
  const RingPath path;
  const int status = in_child([&] {
    ::setenv("LANG", "C.UTF-8", 1);
    ::setenv("LC_TIME", "C", 1);
    ::setenv("SECRET", "hidden", 1);
    ::setenv("WANTED", "seen", 1);
    ::setenv("CRASHREEL_ENV", "OTHER,WANTED", 1);
    const auto options = options_for(path);
    return crashreel_start(&options);
  });
  ASSERT_EQ(status, 0);
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  const Program& program = read->reel.program;
  EXPECT_THAT(program.executable, HasSubstr("ring_test"));
  EXPECT_THAT(program.argv.at(0), HasSubstr("ring_test"));
  EXPECT_EQ(program.working_directory, std::filesystem::current_path().string());
  EXPECT_THAT(program.env, Contains("LANG=C.UTF-8"));
  EXPECT_THAT(program.env, Contains("LC_TIME=C"));
  EXPECT_THAT(program.env, Contains("WANTED=seen"));
  EXPECT_THAT(program.env, Not(Contains("SECRET=hidden")));
  EXPECT_NE(program.pid, 0u);
  EXPECT_GT(program.start_realtime_ns, 1500000000000000000u);
}

TEST(Start, KeepsFilesAndSaysWhenThereIsNoRoom) {
  const RingPath path;
  const std::string large(100000, 'x');
  const int status = in_child([&] {
    const auto options = options_for(path);
    if (crashreel_add_file("early", 0600, "x", 1) != ENOSYS) return 1;
    if (crashreel_start(&options) != 0) return 2;
    if (crashreel_add_file("/etc/a.conf", 0640, "port 1\n", 7) != 0) return 3;
    if (crashreel_add_file("empty", 0600, nullptr, 0) != 0) return 4;
    if (crashreel_add_file("large", 0600, large.data(), large.size()) != ENOSPC) return 5;
    return 0;
  });
  ASSERT_EQ(status, 0);
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(read->reel.files,
              ElementsAre(ReelFile{"/etc/a.conf", 0640, "port 1\n"}, ReelFile{"empty", 0600, ""}));
  EXPECT_THAT(read->damage.notes, ElementsAre(HasSubstr("found no room")));
}

TEST(Start, ReportsAFullDiskAtOnceAndLeavesNothingBehind) {
  const Folder folder;
  if (::mount("crashreel", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount a small tmpfs: " << std::strerror(errno);
  }
  const RingPath path(folder / "a.ring");
  EXPECT_EQ(start_in_child(options_for(path, 4 << 20)), ENOSPC);
  EXPECT_FALSE(path.exists());
  EXPECT_EQ(start_in_child(options_for(path, 512 << 10)), 0);
  ::umount(folder.path().c_str());
}

TEST(Start, CountsWhatWasRecorded) {
  const RingPath path;
  const int status = in_child([&] {
    crashreel_stats stats = {sizeof stats, 0, 0, 0};
    if (crashreel_stats_now(&stats) != ENOSYS) return 1;
    const auto options = options_for(path, 64 << 10);
    if (crashreel_start(&options) != 0) return 2;
    for (int i = 0; i < 10000; ++i) record_text(1, "four");
    crashreel_record(99, 1, "", 0);  // no such kind
    if (crashreel_stats_now(&stats) != 0) return 3;
    return stats.inputs == 10000 && stats.bytes == 40000 && stats.dropped == 1 ? 0 : 4;
  });
  EXPECT_EQ(status, 0);
}

TEST(Stop, EndsRecordingAndKeepsTheFile) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    record_text(1, "kept");
    crashreel_stop();
    record_text(1, "not kept");
    crashreel_stop();
  });
  ASSERT_EQ(read.reel.inputs.size(), 1u);
  EXPECT_EQ(read.reel.inputs[0].data, "kept");
}

TEST(NewSession, NeverGivesANumberTwice) {
  const RingPath path;
  const int status = in_child([&] {
    const auto options = options_for(path);
    if (crashreel_start(&options) != 0) return 1;
    const std::uint32_t a = crashreel_new_session(), b = crashreel_new_session();
    return a != b && a != CRASHREEL_NO_SESSION && b != CRASHREEL_NO_SESSION ? 0 : 2;
  });
  EXPECT_EQ(status, 0);
}

TEST(NoteEnd, TellsTheReelHowTheProgramEnded) {
  const RingPath path;
  ASSERT_EQ(start_in_child(options_for(path)), 0);
  CrashFacts facts;
  facts.known = true;
  facts.signal = 11;
  facts.exit_status = -1;
  facts.time_ns = 123;
  facts.signature = {"SIGSEGV", {{"prog", "ab12", 0x1234, "parse"}, {"", "", 7, ""}}};
  ASSERT_TRUE(note_end(path.str(), facts).has_value());
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->reel.crash, facts);
}

TEST(NoteEnd, KeepsTheInnermostFramesOfADeepStack) {
  const RingPath path;
  ASSERT_EQ(start_in_child(options_for(path)), 0);
  CrashFacts facts;
  facts.signature.kind = "SIGSEGV";
  for (std::uint64_t i = 0; i < 1000; ++i) {
    facts.signature.frames.push_back({"prog", "ab12", i, "recurse"});
  }
  ASSERT_TRUE(note_end(path.str(), facts).has_value());
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  const auto& frames = read->reel.crash.signature.frames;
  ASSERT_GT(frames.size(), 100u);
  for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i].offset, i);
  EXPECT_GT(read->reel.crash.time_ns, 0u);  // filled in
}

}  // namespace
}  // namespace crashreel
