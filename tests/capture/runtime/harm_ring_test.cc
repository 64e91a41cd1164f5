// Do no harm: whatever is done to the ring under the running program, it runs on; and its own
// faults stay its own.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "capture/reel/ring_crash_reader.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/runtime/confined.h"
#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

// ---------------------------------------------------------------- the ring is taken away

// Four threads record until `spoil` has been done to the ring, and a while longer.
template <typename Spoil>
int record_while(const RingPath& path, Spoil&& spoil) {
  const auto options = usual_options(path, 1 << 20);
  if (crashreel_start(&options) != 0) return 1;
  std::atomic<bool> spoiled = false;
  std::atomic<int> started = 0;
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string text(1000 * t + 8, 'x');
      for (int after = 0; after < 3000; after += spoiled ? 1 : 0) {
        crashreel_data(t, text.data(), text.size());
        if (after == 0) started |= 1 << t;
      }
    });
  }
  while (started != 15) std::this_thread::yield();
  spoil();
  spoiled = true;
  for (auto& thread : threads) thread.join();
  record_all_kinds_of_things();
  crashreel_stop();
  return 0;
}

TEST(NoHarm, ARingCutShortUnderTheProgramStopsTheRecordingAlone) {
  if (kThreadSanitized) GTEST_SKIP() << "its runtime puts off the signal of a fault";
  for (const off_t size : {0, 4096, 16 << 10, 300 << 10, (1 << 20) - 4096}) {
    const RingPath path;
    expect_unharmed([&] {
      const int trouble =
          record_while(path, [&] { CRASHREEL_CHECK(::truncate(path.c_str(), size) == 0); });
      crashreel_stats stats = {sizeof stats, 0, 0, 0, 0};
      return trouble != 0 ? trouble : crashreel_stats_now(&stats) == ENOSYS ? 0 : 2;
    });
    const auto read = salvage_ring(path.str());
    EXPECT_EQ(read.has_value(), size != 0);  // what the file still has is there
    if (read && size > 100000) {
      EXPECT_FALSE(read->reel.inputs.empty());
    }
  }
}

TEST(NoHarm, AForkedChildSurvivesTheCutAsWell) {
  const RingPath path;
  expect_unharmed([&] {
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    record_text(1, "whole");
    CRASHREEL_CHECK(::truncate(path.c_str(), 0) == 0);
    const int status = in_child([] { return record_all_kinds_of_things(), 0; });
    record_all_kinds_of_things();
    return status;
  });
}

TEST(NoHarm, AnUnlinkedRingIsNothingToTheProgram) {
  const RingPath path;
  expect_unharmed([&] { return record_while(path, [&] { ::unlink(path.c_str()); }); });
}

TEST(NoHarm, ADiskThatFillsUpLaterIsNothingToTheRing) {
  const Folder folder;
  expect_unharmed([&] {
    if (!own_mounts() || !mount_tmpfs(folder.path(), "size=2m")) return kNoRight;
    const RingPath path(folder / "a.ring");
    const auto options = usual_options(path, 1 << 20);
    if (crashreel_start(&options) != 0) return 1;
    std::ofstream(folder / "filling") << std::string(2 << 20, 'x') << std::flush;
    for (std::uint32_t i = 0; i < 20000; ++i) record_text(0, payload({0, i}, 100));
    const auto read = salvage_ring(path.str());
    if (!read || !read->damage.none()) return 2;
    return read_payload(read->reel.inputs.back().data) == Label{0, 19999} ? 0 : 3;
  });
}

// ---------------------------------------------------------------- faults that are the program's

// A page that its file does not have.
volatile char* lost_page() {
  const int fd = ::memfd_create("lost", 0);
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return static_cast<volatile char*>(page);
}

volatile char* lost = nullptr;

void end_if_told_truly(int, siginfo_t* info, void* context) {
  const bool truly = info->si_addr == const_cast<char*>(lost) && context != nullptr;
  ::_exit(truly ? 33 : 34);
}

TEST(NoHarm, AFaultOfTheProgramsOwnGoesToTheProgramsOwnHandler) {
  for (const bool before_start : {true, false}) {
    const RingPath path;
    const int status = in_child([&] {
      struct sigaction own{};
      own.sa_sigaction = end_if_told_truly;
      own.sa_flags = SA_SIGINFO;
      if (before_start) ::sigaction(SIGBUS, &own, nullptr);
      const auto options = usual_options(path);
      if (crashreel_start(&options) != 0) return 1;
      if (!before_start) ::sigaction(SIGBUS, &own, nullptr);
      lost = lost_page();
      *lost = 1;
      return 2;
    });
    EXPECT_EQ(WEXITSTATUS(status), 33);
  }
}

TEST(NoHarm, AFaultOfTheProgramsOwnKillsAsItWould) {
  const RingPath path;
  const int status = in_child([&] {
    std::signal(SIGBUS, SIG_DFL);
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    *lost_page() = 1;
    return 2;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

TEST(NoHarm, ASigbusThatSomebodySendsKillsAsItWould) {
  const RingPath path;
  const int status = in_child([&] {
    std::signal(SIGBUS, SIG_DFL);
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    ::kill(::getpid(), SIGBUS);
    ::pause();
    return 2;
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

// As crashreel.h promises to who installs a handler before the start.
TEST(NoHarm, AFatalSignalGoesOnToTheHandlerFromBeforeTheStartWhenItsFramesAreTaken) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime has the handler";
  const RingPath path;
  const int status = in_child([&] {
    struct sigaction own{};
    own.sa_sigaction = end_if_told_truly;
    own.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &own, nullptr);
    crashreel_options options = usual_options(path);
    options.frames = 1;
    if (crashreel_start(&options) != 0) return 1;
    record_text(1, "before the end");
    void* none = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    lost = static_cast<volatile char*>(none);
    *lost = 1;
    return 2;
  });
  EXPECT_EQ(WEXITSTATUS(status), 33);
  const auto crash = read_ring_crash(path.str());
  ASSERT_TRUE(crash.has_value());
  EXPECT_EQ(crash->signal, SIGSEGV);
  EXPECT_FALSE(crash->survived);
  EXPECT_GE(crash->frames.size(), 3u);
  EXPECT_EQ(salvage_ring(path.str())->reel.inputs.back().data, "before the end");
}

TEST(NoHarm, AnIgnoredSigbusStaysIgnored) {
  const RingPath path;
  expect_unharmed([&] {
    std::signal(SIGBUS, SIG_IGN);
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    ::kill(::getpid(), SIGBUS);
    return std::signal(SIGBUS, SIG_DFL) == SIG_IGN ? 0 : 2;
  });
}

}  // namespace
}  // namespace crashreel
