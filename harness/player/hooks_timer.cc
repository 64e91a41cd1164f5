// The calls by which a program sets timers: on the virtual clock, see timers.h. Those that count
// processor time are the kernel's, as that clock is.

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/scheduler.h"
#include "harness/player/timers.h"

using namespace crashreel::player;

namespace {

static_assert(int{TFD_NONBLOCK} == int{EFD_NONBLOCK} && int{TFD_CLOEXEC} == int{EFD_CLOEXEC});

constexpr long kMicrosecond = 1000;

int fail(int error) {
  errno = error;
  return -1;
}

itimerspec precise(const itimerval& times) {
  const auto of = [](const timeval& time) {
    // What is out of range stays so.
    const bool fits = time.tv_usec >= 0 && time.tv_usec < 1'000'000;
    return timespec{time.tv_sec, fits ? time.tv_usec * kMicrosecond : -1};
  };
  return {of(times.it_interval), of(times.it_value)};
}

// As the kernel does, a rest below a microsecond counts as one: the timer is set.
itimerval coarse(const itimerspec& times) {
  const auto of = [](const timespec& time) {
    const bool tiny = time.tv_sec == 0 && time.tv_nsec > 0 && time.tv_nsec < kMicrosecond;
    return timeval{time.tv_sec, tiny ? 1 : time.tv_nsec / kMicrosecond};
  };
  return {of(times.it_interval), of(times.it_value)};
}

int set(Timer& timer, const itimerspec& times, bool is_absolute, itimerspec* before) {
  const itimerspec left = left_of(timer);
  if (!set_timer(timer, times, is_absolute)) return EINVAL;
  if (before != nullptr) *before = left;
  return 0;
}

// Errors come back as values: the lock's guard keeps errno.
int set_alarm(const itimerval* times, itimerval* before) {
  const Locked locked;
  itimerspec left = left_of(the_alarm());
  const int error = times == nullptr ? 0 : set(the_alarm(), precise(*times), false, &left);
  if (error == 0 && before != nullptr) *before = coarse(left);
  return error;
}

int make_descriptor_timer(clockid_t clock, int fd) {
  const Locked locked;
  Timer* const timer = add_timer(clock);
  if (timer == nullptr) return ENOMEM;
  make_descriptor(*timer, fd);
  return 0;
}

// -1: the descriptor is none of ours; else an error, or 0.
int set_descriptor_timer(int fd, int flags, const itimerspec* times, itimerspec* before) {
  const Locked locked;
  Timer* const timer = timer_of_descriptor(fd);
  if (timer == nullptr) return -1;
  return set(*timer, *times, (flags & TFD_TIMER_ABSTIME) != 0, before);
}

struct Turn {
  Notifier* notifier;
  enum { kNothing, kCall, kOver } is = kNothing;

  static int look(void* raw) {
    auto* const own = static_cast<Turn*>(raw);
    if (own->notifier->calls != 0) {
      --own->notifier->calls;
      own->is = kCall;
    } else if (own->notifier->over) {
      own->is = kOver;
    }
    return own->is;
  }
};

// Makes the calls that are due, one after the other.
void* notify(void* raw) {
  auto* const notifier = static_cast<Notifier*>(raw);
  for (;;) {
    Turn turn = {notifier};
    wait_unless(Turn::look, &turn, notifier, kForever);
    if (turn.is == Turn::kOver) break;
    if (turn.is == Turn::kCall) notifier->event.sigev_notify_function(notifier->event.sigev_value);
  }
  ::free(notifier);
  return nullptr;
}

// Null: it can't be had.
Notifier* start_notifier(const sigevent& event) {
  auto* const notifier = static_cast<Notifier*>(::malloc(sizeof(Notifier)));
  if (notifier == nullptr) return nullptr;
  *notifier = {.event = event};
  pthread_t thread = {};
  if (::pthread_create(&thread, nullptr, notify, notifier) != 0) {
    ::free(notifier);
    return nullptr;
  }
  ::pthread_detach(thread);
  return notifier;
}

int make_timer(clockid_t clock, sigevent event, bool names_itself, timer_t* number) {
  Notifier* notifier = nullptr;
  if (event.sigev_notify == SIGEV_THREAD && (notifier = start_notifier(event)) == nullptr) {
    return EAGAIN;
  }
  const Locked locked;
  Timer* const timer = add_timer(clock);
  if (timer == nullptr) {
    if (notifier != nullptr) notifier->over = true;
    if (notifier != nullptr) let_all_go(notifier);
    return EAGAIN;
  }
  timer->event = event;
  timer->notifier = notifier;
  *number = number_of(*timer);
  if (names_itself) timer->event.sigev_value.sival_ptr = *number;
  return 0;
}

// Calls `what` with the timer of this number. -1: it is none of ours.
template <typename What>
int with_timer(timer_t number, What what) {
  if (!scheduling()) return -1;
  const Locked locked;
  Timer* const timer = timer_of_number(number);
  return timer == nullptr ? -1 : what(*timer);
}

int result_of(int error) {
  return error == 0 ? 0 : fail(error);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int timerfd_create(clockid_t clock, int flags) noexcept {
  if (!scheduling() || !is_served(clock)) return CRASHREEL_REAL(timerfd_create)(clock, flags);
  if ((flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0) return fail(EINVAL);
  const int fd = ::eventfd(0, flags);
  const int error = fd < 0 ? 0 : make_descriptor_timer(clock, fd);
  if (error == 0) return fd;
  CRASHREEL_REAL(close)(fd);
  return fail(error);
}

CRASHREEL_HOOK int timerfd_settime(int fd, int flags, const itimerspec* times,
                                   itimerspec* before) noexcept {
  const int error = scheduling() ? set_descriptor_timer(fd, flags, times, before) : -1;
  return error < 0 ? CRASHREEL_REAL(timerfd_settime)(fd, flags, times, before) : result_of(error);
}

CRASHREEL_HOOK int timerfd_gettime(int fd, itimerspec* left) noexcept {
  if (scheduling()) {
    const Locked locked;
    const Timer* timer = timer_of_descriptor(fd);
    if (timer != nullptr) return *left = left_of(*timer), 0;
  }
  return CRASHREEL_REAL(timerfd_gettime)(fd, left);
}

CRASHREEL_HOOK int setitimer(__itimer_which_t which, const itimerval* __restrict times,
                             itimerval* __restrict before) noexcept {
  if (!scheduling() || which != ITIMER_REAL) {
    note_real_time();
    return CRASHREEL_REAL(setitimer)(which, times, before);
  }
  // Without times it is stopped.
  constexpr itimerval kNever = {};
  return result_of(set_alarm(times == nullptr ? &kNever : times, before));
}

CRASHREEL_HOOK int getitimer(__itimer_which_t which, itimerval* left) noexcept {
  if (!scheduling() || which != ITIMER_REAL) return CRASHREEL_REAL(getitimer)(which, left);
  return result_of(set_alarm(nullptr, left));
}

// What was left, in seconds, of which there is at least one where there was any.
CRASHREEL_HOOK unsigned alarm(unsigned seconds) noexcept {
  if (!scheduling()) return CRASHREEL_REAL(alarm)(seconds);
  const itimerval times = {{0, 0}, {static_cast<time_t>(seconds), 0}};
  itimerval left = {};
  set_alarm(&times, &left);
  const timeval& rest = left.it_value;
  const bool counts_as_more = rest.tv_usec >= 500'000 || (rest.tv_sec == 0 && rest.tv_usec > 0);
  return static_cast<unsigned>(rest.tv_sec + (counts_as_more ? 1 : 0));
}

CRASHREEL_HOOK useconds_t ualarm(useconds_t first, useconds_t then) noexcept {
  if (!scheduling()) return CRASHREEL_REAL(ualarm)(first, then);
  const itimerval times = {{then / 1'000'000, then % 1'000'000},
                           {first / 1'000'000, first % 1'000'000}};
  itimerval left = {};
  set_alarm(&times, &left);
  return static_cast<useconds_t>(left.it_value.tv_sec * 1'000'000 + left.it_value.tv_usec);
}

CRASHREEL_HOOK int timer_create(clockid_t clock, sigevent* __restrict asked,
                                timer_t* __restrict number) noexcept {
  if (!scheduling() || !is_served(clock)) {
    note_real_time();
    return CRASHREEL_REAL(timer_create)(clock, asked, number);
  }
  sigevent event = {};
  event.sigev_signo = SIGALRM;
  if (asked != nullptr) event = *asked;
  return result_of(make_timer(clock, event, asked == nullptr, number));
}

CRASHREEL_HOOK int timer_settime(timer_t number, int flags, const itimerspec* __restrict times,
                                 itimerspec* __restrict before) noexcept {
  const int error = with_timer(number, [&](Timer& timer) {
    return set(timer, *times, (flags & TIMER_ABSTIME) != 0, before);
  });
  return error < 0 ? CRASHREEL_REAL(timer_settime)(number, flags, times, before) : result_of(error);
}

CRASHREEL_HOOK int timer_gettime(timer_t number, itimerspec* left) noexcept {
  const int known = with_timer(number, [&](Timer& timer) { return *left = left_of(timer), 0; });
  return known < 0 ? CRASHREEL_REAL(timer_gettime)(number, left) : 0;
}

CRASHREEL_HOOK int timer_getoverrun(timer_t number) noexcept {
  const int overrun = with_timer(number, [](Timer& timer) {
    constexpr std::uint64_t kMost = DELAYTIMER_MAX;
    return static_cast<int>(timer.overrun < kMost ? timer.overrun : kMost);
  });
  return overrun < 0 ? CRASHREEL_REAL(timer_getoverrun)(number) : overrun;
}

CRASHREEL_HOOK int timer_delete(timer_t number) noexcept {
  const int known = with_timer(number, [](Timer& timer) { return remove_timer(timer), 0; });
  return known < 0 ? CRASHREEL_REAL(timer_delete)(number) : 0;
}

CRASHREEL_HOOK int timespec_get(timespec* time, int base) noexcept {
  if (base != TIME_UTC) return CRASHREEL_REAL(timespec_get)(time, base);
  return ::clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

}  // extern "C"
