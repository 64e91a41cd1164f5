// The program that is killed: records from many threads, and says the truth of it.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "capture/runtime/crashreel.h"
#include "tests/capture/runtime/kill_run.h"
#include "tests/capture/runtime/payloads.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace crashreel {
namespace {

Truth* truth = nullptr;
constexpr unsigned kNoThread = ~0u;
thread_local unsigned this_thread = kNoThread;  // a writer's truth has one author

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t cycles() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

// Sessions open, bring some inputs and close; now and then one of the small ones is pinned.
void record_as_some_kind(unsigned writer, std::uint32_t number, const char* buffer,
                         std::size_t size) {
  WriterTruth& mine = truth->writers[writer];
  static constexpr const char* kKeys[kWriters] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",
                                                  "8",  "9",  "10", "11", "12", "13", "14", "15",
                                                  "16", "17", "18", "19", "20", "21", "22", "23",
                                                  "24", "25", "26", "27", "28", "29", "30", "31"};
  const bool small = size <= 256;  // there is room for it in a head and in a pin
  if (mine.opened == 0 && small) {
    crashreel_record(CRASHREEL_OPEN, writer, buffer, size);
    mine.opened = number + 1;
  } else if (number % 1024 == 1023 && small) {
    mine.opened = 0;
    crashreel_record(CRASHREEL_CLOSE, writer, buffer, size);
  } else if (number % 64 == 7 && small) {
    mine.pin_begun = number + 1;
    crashreel_pin(kKeys[writer], CRASHREEL_DATA, writer, buffer, size);
    mine.pin_done = number + 1;
  } else {
    crashreel_data(writer, buffer, size);
  }
}

void record_truly(unsigned writer, char* buffer, std::size_t size) {
  WriterTruth& mine = truth->writers[writer];
  const auto number = static_cast<std::uint32_t>(mine.done);
  make_payload({writer, number}, size, buffer);
  truth->before[writer][number % kMoments] = {cycles(), monotonic_ns()};
  mine.begun_bytes = mine.done_bytes + size;
  mine.begun = number + 1;
  record_as_some_kind(writer, number, buffer, size);
  mine.done_bytes = mine.begun_bytes;
  mine.done = number + 1;
}

void handle(int) {
  if (this_thread == kNoThread) return;
  char buffer[64];
  record_truly(kHandlerWriter + this_thread, buffer, sizeof buffer);
}

// Sizes are spread over their orders of magnitude, small ones far more often.
void write_for_ever(unsigned writer, std::uint64_t seed, std::size_t longest) {
  this_thread = writer;
  std::mt19937_64 random(seed * 100 + writer);
  std::vector<char> buffer(longest);
  for (;;) {
    const unsigned shift = random() % 64 == 0 ? 20 : random() % 8 == 0 ? 14 : 8;
    const std::size_t range = std::min<std::size_t>(longest, std::size_t{1} << shift);
    record_truly(writer, buffer.data(), kLabelBytes + random() % (range - kLabelBytes + 1));
    truth->recording = 1;
  }
}

void join_cgroup(const std::string& folder) {
  std::ofstream members(folder + "/cgroup.procs");
  members << ::getpid() << std::flush;
  if (!members) truth->trouble = EPERM;
}

// Until the kernel kills us, in steps small enough to fall anywhere, and ahead of the threads that
// record: on a busy machine they would go on for seconds.
[[noreturn]] void eat_all_memory() {
  constexpr std::size_t kBite = 256 << 10;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -10);
  for (;;) {
    ::mmap(nullptr, kBite, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
           0);
  }
}

void end_ourselves(const KillPlan& plan) {
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
  while (truth->recording == 0) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::microseconds(plan.life_us));
  if (plan.death == Death::kSegv) *static_cast<volatile int*>(nullptr) = 1;
  if (plan.death == Death::kAbort) std::abort();
  if (plan.death == Death::kOom) eat_all_memory();
  ::_exit(0);
}

}  // namespace

void live_and_record(const KillPlan& plan, Truth& shared) {
  truth = &shared;
  for (const int signal : {SIGSEGV, SIGABRT}) std::signal(signal, SIG_DFL);
  if (plan.death == Death::kOom) join_cgroup(plan.cgroup);
  if (truth->trouble != 0) ::_exit(1);
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = plan.ring_path.c_str();
  options.ring_bytes = plan.ring_bytes;
  options.heads_bytes = 128 << 10;
  options.head_bytes = 1 << 10;
  options.pins_bytes = 48 << 10;
  truth->trouble = crashreel_start(&options);
  if (truth->trouble != 0) ::_exit(1);
  if (plan.handler_hz != 0) {
    std::signal(SIGALRM, handle);
    const suseconds_t us = 1000000 / plan.handler_hz;
    const itimerval every = {{0, us}, {0, us}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  for (unsigned t = 1; t < plan.threads; ++t) {
    std::thread(write_for_ever, t, plan.seed, plan.longest).detach();
  }
  if (plan.death != Death::kKill) std::thread(end_ourselves, plan).detach();
  write_for_ever(0, plan.seed, plan.longest);
  std::abort();
}

}  // namespace crashreel
