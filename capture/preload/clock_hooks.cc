// The calls that look at a clock. Recorded only when asked for: a server looks at one several times
// for each input.
#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <time.h>
#include <unistd.h>

#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/hot_state.h"

// ftime() is deprecated, and still called by what was written long ago.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace crashreel {

void prepare_clock_hooks() {
  CRASHREEL_PREPARE_HOT(clock_gettime);
  CRASHREEL_PREPARE_HOT(gettimeofday);
  CRASHREEL_PREPARE_HOT(time);
  CRASHREEL_REAL(timespec_get);
  CRASHREEL_REAL(ftime);
  CRASHREEL_REAL(clock);
}

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

void note(clockid_t clock, std::int64_t seconds, std::int64_t nanoseconds) {
  clock_read(clock, static_cast<std::uint64_t>(seconds) * kSecond +
                        static_cast<std::uint64_t>(nanoseconds));
}

}  // namespace
}  // namespace crashreel

// A sanitizer looks at the clock inside its allocator, and to look up the real function allocates:
// so whoever comes before we are prepared gets the kernel's.
CRASHREEL_WARM_HOOK int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto real = __atomic_load_n(&crashreel::g_hot.real.clock_gettime, __ATOMIC_RELAXED);
  if (real == nullptr) return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  const int result = real(clock, now);
  if (crashreel::records_clocks() && result == 0) {
    crashreel::note(clock, now->tv_sec, now->tv_nsec);
  }
  return result;
}

CRASHREEL_WARM_HOOK int gettimeofday(timeval* __restrict now, void* __restrict zone) noexcept {
  const int result = CRASHREEL_HOT_REAL(gettimeofday)(now, zone);
  if (crashreel::records_clocks() && result == 0) {
    crashreel::note(CLOCK_REALTIME, now->tv_sec, now->tv_usec * 1000);
  }
  return result;
}

CRASHREEL_WARM_HOOK time_t time(time_t* now) noexcept {
  const time_t result = CRASHREEL_HOT_REAL(time)(now);
  if (crashreel::records_clocks()) crashreel::note(CLOCK_REALTIME, result, 0);
  return result;
}

CRASHREEL_HOOK int timespec_get(timespec* now, int base) noexcept {
  const int result = CRASHREEL_REAL(timespec_get)(now, base);
  if (crashreel::records_clocks() && result == TIME_UTC) {
    crashreel::note(CLOCK_REALTIME, now->tv_sec, now->tv_nsec);
  }
  return result;
}

CRASHREEL_HOOK int ftime(timeb* now) {
  const int result = CRASHREEL_REAL(ftime)(now);
  if (crashreel::records_clocks() && result == 0) {
    crashreel::note(CLOCK_REALTIME, now->time, now->millitm * 1'000'000);
  }
  return result;
}

CRASHREEL_HOOK clock_t clock() noexcept {
  const clock_t result = CRASHREEL_REAL(clock)();
  if (crashreel::records_clocks() && result >= 0) {
    crashreel::note(CLOCK_PROCESS_CPUTIME_ID, result / CLOCKS_PER_SEC,
                    result % CLOCKS_PER_SEC * (1'000'000'000 / CLOCKS_PER_SEC));
  }
  return result;
}
