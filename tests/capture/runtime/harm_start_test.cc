// Do no harm: whatever the machine refuses, the program runs on as it would without us, and is
// told.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/capture/reel/folder.h"
#include "tests/capture/runtime/confined.h"
#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

// ---------------------------------------------------------------- at the start

TEST(NoHarm, WithoutMemoryThereIsNoRingOrASmallerOne) {
  if (kThreadSanitized) GTEST_SKIP() << "its runtime ends a program that has no memory for it";
  const RingPath path, smaller;
  expect_unharmed([&] {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    if (!limit(RLIMIT_AS, pages * 4096 + (6 << 20))) return 1;
    const auto asked = usual_options(path, 64 << 20), open = usual_options(smaller, 0);
    if (crashreel_start(&asked) != ENOMEM || path.exists()) return 2;
    record_all_kinds_of_things();
    if (crashreel_start(&open) != 0) return 3;
    record_all_kinds_of_things();
    return ring_bytes_now() == 4 << 20 ? 0 : 4;
  });
}

TEST(NoHarm, WithoutADescriptorThereIsNoRing) {
  const RingPath path;
  expect_unharmed([&] {
    if (!limit(RLIMIT_NOFILE, 3)) return 1;
    const auto options = usual_options(path);
    return crashreel_start(&options) == EMFILE ? 0 : 2;
  });
  EXPECT_FALSE(path.exists());
}

TEST(NoHarm, AtAFileLimitThereIsNoRingOrASmallerOneAndNoSignal) {
  const RingPath path, smaller;
  expect_unharmed([&] {
    if (!limit(RLIMIT_FSIZE, 3 << 20)) return 1;
    const auto asked = usual_options(path, 4 << 20), open = usual_options(smaller, 0);
    if (crashreel_start(&asked) != EFBIG || path.exists()) return 2;
    if (crashreel_start(&open) != 0) return 3;
    record_all_kinds_of_things();
    return ring_bytes_now() == 2 << 20 ? 0 : 4;
  });
}

TEST(NoHarm, InAReadOnlyFolderThereIsNoRing) {
  const Folder folder;
  expect_unharmed([&] {
    if (!own_mounts() || !mount_tmpfs(folder.path(), "size=1m,ro")) return kNoRight;
    const RingPath path(folder / "a.ring");
    const auto options = usual_options(path);
    return crashreel_start(&options) == EROFS ? 0 : 1;
  });
}

TEST(NoHarm, AContainersSharedMemoryIsHalfLeftToTheProgram) {
  expect_unharmed([&] {
    if (!own_mounts() || !mount_tmpfs("/dev/shm", "size=64m")) return kNoRight;
    ::unsetenv("CRASHREEL_RING");
    if (crashreel_start(nullptr) != 0) return 1;
    record_all_kinds_of_things();
    struct statfs shm{};
    ::statfs("/dev/shm", &shm);
    if (shm.f_bavail * static_cast<std::uint64_t>(shm.f_bsize) < 32 << 20) return 2;
    return ring_bytes_now() == 32 << 20 ? 0 : 3;
  });
}

TEST(NoHarm, ATimerOf5KilohertzDoesNotEndTheStart) {
  const RingPath path;
  expect_unharmed([&] {
    std::signal(SIGALRM, [](int) {});
    const itimerval every = {{0, 200}, {0, 200}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
    const auto options = usual_options(path, 64 << 20);
    return crashreel_start(&options);
  });
}

// ---------------------------------------------------------------- the program's own

struct Signals {
  std::array<struct sigaction, 65> actions{};
  sigset_t mask{};
  stack_t stack{};
};

Signals signals_now() {
  Signals now;
  for (int number = 1; number < 65; ++number) {
    ::sigaction(number, nullptr, &now.actions[static_cast<std::size_t>(number)]);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &now.mask);
  ::sigaltstack(nullptr, &now.stack);
  return now;
}

bool same_but_sigbus(const Signals& a, const Signals& b) {
  for (int number = 1; number < 65; ++number) {
    const auto& one = a.actions[static_cast<std::size_t>(number)];
    const auto& other = b.actions[static_cast<std::size_t>(number)];
    if (number == SIGBUS) continue;
    if (one.sa_sigaction != other.sa_sigaction || one.sa_flags != other.sa_flags) return false;
  }
  for (int number = 1; number < 65; ++number) {
    if (sigismember(&a.mask, number) != sigismember(&b.mask, number)) return false;
  }
  return a.stack.ss_sp == b.stack.ss_sp && a.stack.ss_size == b.stack.ss_size &&
         a.stack.ss_flags == b.stack.ss_flags;
}

TEST(NoHarm, SignalsAndTheirStackAreLeftAlone) {
  const RingPath path;
  expect_unharmed([&] {
    static std::array<char, 65536> stack;
    const stack_t mine = {stack.data(), 0, stack.size()};
    ::sigaltstack(&mine, nullptr);
    struct sigaction own{};
    own.sa_handler = [](int) {};
    own.sa_flags = SA_ONSTACK | SA_RESETHAND;
    ::sigaction(SIGSEGV, &own, nullptr);
    const Signals before = signals_now();
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    record_all_kinds_of_things();
    std::thread(record_all_kinds_of_things).join();
    crashreel_stop();
    return same_but_sigbus(before, signals_now()) ? 0 : 2;
  });
}

TEST(NoHarm, NoCallChangesErrno) {
  const RingPath path, nowhere("/no/such/folder/a.ring");
  expect_unharmed([&] {
    const auto impossible = usual_options(nowhere);
    const auto options = usual_options(path, 64 << 10);
    errno = 77;
    crashreel_start(&impossible);
    if (errno != 77) return 1;
    record_all_kinds_of_things();
    if (errno != 77) return 2;
    if (crashreel_start(&options) != 0 || errno != 77) return 3;
    record_all_kinds_of_things();
    if (errno != 77) return 4;
    crashreel_start(&options);
    crashreel_stop();
    record_all_kinds_of_things();
    return errno == 77 ? 0 : 5;
  });
}

}  // namespace
}  // namespace crashreel
