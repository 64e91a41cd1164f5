#include "harness/player/clock.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// What a reading costs: about what the vDSO takes, so that polling loops end after as many rounds
// as they do in life.
constexpr std::uint64_t kTickNs = 50;
// Programs say "never" with times far beyond this.
constexpr time_t kLongestSeconds = 10'000'000'000;
// The machine seems to be up for an hour: programs subtract intervals from monotonic time.
constexpr std::uint64_t kMonotonicStartNs = 3600 * kSecond;

std::atomic<bool> running{false};
std::atomic<std::uint64_t> now{0};
std::uint64_t realtime_start_ns = 0;
std::atomic<std::atomic<std::uint32_t>*> real_times{nullptr};

bool base_of(clockid_t clock, std::uint64_t* base) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      *base = realtime_start_ns;
      return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      *base = kMonotonicStartNs;
      return true;
    default:
      return false;  // processor time of a process or thread stays real
  }
}

std::uint64_t read_clock() {
  return now.fetch_add(kTickNs, std::memory_order_relaxed) + kTickNs;
}

}  // namespace

void start_clock(std::uint64_t start_realtime_ns) {
  realtime_start_ns = start_realtime_ns;
  running.store(true, std::memory_order_release);
}

void count_real_times(std::atomic<std::uint32_t>* count) {
  real_times.store(count, std::memory_order_release);
}

void note_real_time() {
  auto* const count = real_times.load(std::memory_order_acquire);
  if (count != nullptr) count->fetch_add(1, std::memory_order_relaxed);
}

void abandon_clock() {
  real_times.store(nullptr);
  running.store(false, std::memory_order_release);
}

bool is_served(clockid_t clock) {
  std::uint64_t base = 0;
  return base_of(clock, &base);
}

std::uint64_t now_ns() {
  return now.load(std::memory_order_relaxed);
}

void advance_clock(std::uint64_t to_ns) {
  std::uint64_t seen = now.load(std::memory_order_relaxed);
  while (seen < to_ns && !now.compare_exchange_weak(seen, to_ns, std::memory_order_relaxed)) {
  }
}

std::uint64_t deadline_in(std::uint64_t timeout_ns) {
  const std::uint64_t start = now_ns();
  return timeout_ns >= kForever - start ? kForever : start + timeout_ns;
}

std::uint64_t deadline_at(clockid_t clock, const timespec& when) {
  std::uint64_t base = 0;
  if (!base_of(clock, &base)) return kForever;
  const std::uint64_t at = to_ns(when);
  return at <= base ? 0 : at - base;
}

std::uint64_t to_ns(const timespec& span) {
  if (span.tv_sec < 0) return 0;
  if (span.tv_sec >= kLongestSeconds) return kForever;
  return static_cast<std::uint64_t>(span.tv_sec) * kSecond +
         static_cast<std::uint64_t>(span.tv_nsec);
}

namespace {

// False: this clock is not ours to answer.
bool virtual_time(clockid_t clock, timespec* time) {
  std::uint64_t base = 0;
  if (time == nullptr || !running.load(std::memory_order_acquire)) return false;
  if (!base_of(clock, &base)) {
    note_real_time();
    return false;
  }
  const std::uint64_t shown = base + read_clock();
  time->tv_sec = static_cast<time_t>(shown / kSecond);
  time->tv_nsec = static_cast<long>(shown % kSecond);
  return true;
}

// A sanitizer's allocator reads the clock, and the look-up of a function allocates: one from within
// the other would free the loader's message twice. So this one is never looked up here.
int unwatched_time(clockid_t clock, timespec* time) {
  const void* found = __atomic_load_n(&real_address<&::clock_gettime>, __ATOMIC_RELAXED);
  if (found != nullptr) return CRASHREEL_REAL(clock_gettime)(clock, time);
  return static_cast<int>(own_syscall(SYS_clock_gettime, clock, time));
}

}  // namespace

void find_real_clock() {
  CRASHREEL_REAL(clock_gettime);
}

}  // namespace crashreel::player

using crashreel::player::note_real_time;
using crashreel::player::unwatched_time;
using crashreel::player::virtual_time;

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (virtual_time(clock, time)) return 0;
  return unwatched_time(clock, time);
}

__attribute__((visibility("default"))) int gettimeofday(timeval* __restrict time,
                                                        void* __restrict zone) noexcept {
  timespec precise;
  if (!virtual_time(CLOCK_REALTIME, &precise)) {
    return CRASHREEL_REAL(gettimeofday)(time, zone);
  }
  time->tv_sec = precise.tv_sec;
  time->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

__attribute__((visibility("default"))) time_t time(time_t* result) noexcept {
  timespec precise;
  if (!virtual_time(CLOCK_REALTIME, &precise)) return CRASHREEL_REAL(time)(result);
  if (result != nullptr) *result = precise.tv_sec;
  return precise.tv_sec;
}

__attribute__((visibility("default"))) clock_t clock() noexcept {
  note_real_time();
  return CRASHREEL_REAL(clock)();
}

// What it returns is no processor time, and counts from some moment on, as the monotonic clock
// does.
__attribute__((visibility("default"))) clock_t times(tms* spent) noexcept {
  const clock_t ticks = CRASHREEL_REAL(times)(spent);
  timespec precise;
  if (!virtual_time(CLOCK_MONOTONIC, &precise)) return ticks;
  if (spent != nullptr) note_real_time();
  constexpr long kTicks = 100;  // in a second, on every Linux
  return precise.tv_sec * kTicks + precise.tv_nsec / (1'000'000'000 / kTicks);
}

}  // extern "C"
