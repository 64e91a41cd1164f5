// Do no harm to a program whose system calls are filtered: it is told, or it records, and makes no
// call that crashreel.h does not name.
#include <gtest/gtest.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "tests/capture/runtime/confined.h"
#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

struct Refusal {
  const char* name;
  long call;
  unsigned index = 0;
  std::uint32_t flag = 0;  // of that argument
};

constexpr Refusal kCallsOfAStart[] = {
    {"openat", SYS_openat},
    {"fallocate", SYS_fallocate},
    {"mmap of a file", SYS_mmap, 3, MAP_SHARED},
    {"madvise", SYS_madvise},
    {"rt_sigaction", SYS_rt_sigaction},
    {"rt_sigprocmask", SYS_rt_sigprocmask},
    {"prlimit64", SYS_prlimit64},
    {"statfs", SYS_statfs},
    {"newfstatat", SYS_newfstatat},
    {"readlink", SYS_readlink},
    {"getcwd", SYS_getcwd},
    {"read", SYS_read},
    {"close", SYS_close},
    {"unlink", SYS_unlink},
    {"getpid", SYS_getpid},
    {"gettid", SYS_gettid},
    {"clock_gettime", SYS_clock_gettime},
    {"sched_getaffinity", SYS_sched_getaffinity},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"munmap", SYS_munmap},
    {"pipe2", SYS_pipe2},
    {"mprotect", SYS_mprotect},
    {"msync", SYS_msync},
};

bool is_the_sanitizers_own(long call) {
  return kSanitized && (call == SYS_munmap || call == SYS_mprotect);
}

void expect_failed_or_recorded(const Refusal& refusal, std::uint32_t error) {
  const RingPath path;
  crashreel_options options = usual_options(path);
  options.frames = 1;
  const int status = in_child([&] {
    if (!SystemCalls::refuse(refusal.call, SECCOMP_RET_ERRNO | error, refusal.index,
                             refusal.flag)) {
      return 1;
    }
    errno = 77;
    const int trouble = crashreel_start(&options);
    record_all_kinds_of_things();
    return errno != 77 ? 4 : trouble == 0 ? 2 : 3;
  });
  ASSERT_TRUE(WIFEXITED(status)) << strsignal(WTERMSIG(status));
  ASSERT_NE(WEXITSTATUS(status), 4) << "errno has changed";
  ASSERT_GE(WEXITSTATUS(status), 2);
  EXPECT_EQ(path.exists(), WEXITSTATUS(status) == 2);
  if (!path.exists()) return;
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_FALSE(read->reel.inputs.empty());
}

TEST(NoHarm, AStartThatMayNotMakeASystemCallFailsOrRecords) {
  std::uint32_t error = EPERM;
  for (const auto& refusal : kCallsOfAStart) {
    if (is_the_sanitizers_own(refusal.call)) continue;
    SCOPED_TRACE(refusal.name);
    error = error == EPERM ? ENOSYS : EPERM;  // what containers and kernels answer
    expect_failed_or_recorded(refusal, error);
  }
}

TEST(NoHarm, AKeyThatCanNotBeMadeIsToldAndNothingIsRecordedInClear) {
  const RingPath path;
  expect_unharmed([&] {
    crashreel_options options = usual_options(path);
    options.redact_rules = "hash:literal:xxx";
    if (!SystemCalls::refuse(SYS_getrandom, SECCOMP_RET_ERRNO | ENOSYS)) return 1;
    return crashreel_start(&options) == ENOSYS && !path.exists() ? 0 : 2;
  });
}

TEST(NoHarm, AThreadThatHasRecordedMakesNoSystemCallAnyMore) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime makes system calls";
  const RingPath path;
  expect_unharmed([&] {
    const auto options = usual_options(path);
    if (crashreel_start(&options) != 0) return 1;
    record_all_day();
    std::signal(SIGALRM, [](int) { crashreel_note("handled", 7); });
    const itimerval every = {{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
    if (!SystemCalls::allow_only({SYS_exit_group, SYS_write, SYS_rt_sigreturn},
                                 SECCOMP_RET_KILL_PROCESS)) {
      return 2;
    }
    char bytes[30000];
    for (std::uint32_t i = 0; i < 3000; ++i) {  // many times around the ring
      const std::size_t size = 8 + i * 10 % (sizeof bytes - 8);
      make_payload({1, i}, size, bytes);
      crashreel_data(1, bytes, size);
      if (i % 300 == 0) record_all_day();
    }
    return 0;
  });
}

struct Allowed {
  void (*work)();
  std::vector<long> calls;
};

TEST(NoHarm, ACallMakesNoOtherSystemCallsThanItsHeaderNames) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime makes system calls";
  const std::vector<Allowed> all = {
      {[] { crashreel_data(1, "first", 5); }, {SYS_gettid}},
      {[] { crashreel_pin("key", CRASHREEL_NOTE, 1, "first", 5); }, {SYS_gettid}},
      {[] { crashreel_digest(1, "first", 5); }, {SYS_mmap, SYS_madvise}},
      {[] { crashreel_save_now(); }, {SYS_futex, SYS_kill}},
      {[] { crashreel_flush(); }, {SYS_msync}},
      {[] { crashreel_check_rules("mask:", nullptr, 0); }, {SYS_mmap, SYS_munmap}},
      {[] { ring_bytes_now(), crashreel_new_session(), crashreel_session_ended(1, 1); }, {}},
      {[] { crashreel_add_file("/a", 0600, "a", 1); }, {}},
      {[] { crashreel_stop(); }, {SYS_getpid}},
  };
  for (const Allowed& allowed : all) {
    SCOPED_TRACE(&allowed - all.data());
    const RingPath path;
    expect_unharmed([&] {
      const auto options = usual_options(path);
      if (crashreel_start(&options) != 0) return 1;
      std::vector<long> calls = allowed.calls;
      calls.push_back(SYS_exit_group);
      if (!SystemCalls::allow_only(calls, SECCOMP_RET_KILL_PROCESS)) return 2;
      allowed.work();
      return 0;
    });
  }
}

TEST(NoHarm, AForkedChildMakesTwoSystemCallsToBegin) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime makes system calls";
  const RingPath path;
  const auto read = recorded(usual_options(path), [] {
    crashreel_open(1);
    const int status = in_child([] {
      if (!SystemCalls::allow_only({SYS_exit_group, SYS_getpid, SYS_gettid},
                                   SECCOMP_RET_KILL_PROCESS)) {
        return 1;
      }
      crashreel_open(2);
      crashreel_pin("key", CRASHREEL_DATA, 2, "child", 5);
      return 0;
    });
    CRASHREEL_CHECK(status == 0);
  });
  EXPECT_EQ(read.reel.inputs.back().data, "child");
}

}  // namespace
}  // namespace crashreel
