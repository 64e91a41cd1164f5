#include "harness/player/timers.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/proc_file.h"
#include "harness/player/process_number.h"
#include "harness/player/scheduler.h"

namespace crashreel::player {
namespace {

constexpr int kMost = 1024;  // further ones are the kernel's
constexpr std::uint64_t kSecond = 1'000'000'000;
// Far from the small numbers that the kernel gives.
constexpr std::uintptr_t kFirstNumber = 0x43520000;

Timer timers[kMost];  // the first is the alarm
int in_use = 1;       // no timer beyond is used
std::atomic<int> descriptor_count{0};
TimerSignal ended = {};

timespec as_time(std::uint64_t ns) {
  return {static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
}

bool is_time(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < static_cast<long>(kSecond);
}

// The program may have put something else there, unseen.
bool counts_events(int fd) {
  constexpr char kEvents[] = "anon_inode:[eventfd]";
  char name[sizeof kEvents] = {};
  const ssize_t size = ::readlink(DescriptorPath("fd", fd).path, name, sizeof name);
  return size == sizeof kEvents - 1 && ::memcmp(name, kEvents, sizeof kEvents - 1) == 0;
}

// Nobody else reads meanwhile: they do under the lock.
void take_events(int fd) {
  pollfd descriptor = {fd, POLLIN, 0};
  std::uint64_t count = 0;
  if (counts_events(fd) && CRASHREEL_REAL(poll)(&descriptor, 1, 0) > 0) {
    (void)!CRASHREEL_REAL(read)(fd, &count, sizeof count);
  }
}

void give_events(int fd, std::uint64_t count) {
  if (counts_events(fd)) (void)!CRASHREEL_REAL(write)(fd, &count, sizeof count);
}

// How often it has ended by now.
std::uint64_t pass(Timer& timer, std::uint64_t now) {
  if (timer.deadline_ns > now) return 0;
  if (timer.interval_ns == 0) {
    timer.deadline_ns = kForever;
    return 1;
  }
  const std::uint64_t times = 1 + (now - timer.deadline_ns) / timer.interval_ns;
  timer.deadline_ns += times * timer.interval_ns;
  return times;
}

bool sends_signal(const Timer& timer) {
  const int notify = timer.event.sigev_notify;
  return timer.fd < 0 && (notify == SIGEV_SIGNAL || notify == SIGEV_THREAD_ID);
}

// All but signals, of which one comes at a time.
void end_quiet_timer(Timer& timer, std::uint64_t now) {
  const std::uint64_t times = pass(timer, now);
  if (times == 0) return;
  timer.overrun = times - 1;
  if (timer.fd >= 0) return give_events(timer.fd, times);
  if (timer.notifier == nullptr) return;
  ++timer.notifier->calls;
  let_all_go(timer.notifier);
}

Timer* first_signal(std::uint64_t now) {
  Timer* first = nullptr;
  for (int i = 0; i < in_use; ++i) {
    Timer& timer = timers[i];
    if (!timer.used || !sends_signal(timer) || timer.deadline_ns > now) continue;
    if (first == nullptr || timer.deadline_ns < first->deadline_ns) first = &timer;
  }
  return first;
}

}  // namespace

Timer* add_timer(clockid_t clock) {
  for (int i = kMost - 1 < in_use ? kMost - 1 : in_use; i > 0; --i) {
    if (timers[i].used) continue;
    timers[i] = {};
    timers[i].used = true;
    timers[i].clock = clock;
    if (i == in_use) ++in_use;
    return &timers[i];
  }
  return nullptr;
}

void remove_timer(Timer& timer) {
  if (timer.fd >= 0) descriptor_count.fetch_sub(1);
  if (timer.notifier != nullptr) {
    timer.notifier->over = true;
    let_all_go(timer.notifier);
  }
  timer = {};
  while (in_use > 1 && !timers[in_use - 1].used) --in_use;
}

void make_descriptor(Timer& timer, int fd) {
  timer.fd = fd;
  descriptor_count.fetch_add(1);
}

Timer& the_alarm() {
  Timer& alarm = timers[0];
  alarm.used = true;
  alarm.event.sigev_notify = SIGEV_SIGNAL;
  alarm.event.sigev_signo = SIGALRM;
  return alarm;
}

Timer* timer_of_descriptor(int fd) {
  for (int i = 1; i < in_use && fd >= 0; ++i) {
    if (timers[i].used && timers[i].fd == fd) return &timers[i];
  }
  return nullptr;
}

timer_t number_of(const Timer& timer) {
  return reinterpret_cast<timer_t>(kFirstNumber + static_cast<std::uintptr_t>(&timer - timers));
}

Timer* timer_of_number(timer_t number) {
  const std::uintptr_t place = reinterpret_cast<std::uintptr_t>(number) - kFirstNumber;
  if (place == 0 || place >= static_cast<std::uintptr_t>(in_use)) return nullptr;
  Timer& timer = timers[place];
  return timer.used && timer.fd < 0 ? &timer : nullptr;
}

bool set_timer(Timer& timer, const itimerspec& times, bool is_absolute) {
  if (!is_time(times.it_value) || !is_time(times.it_interval)) return false;
  if (timer.fd >= 0) take_events(timer.fd);
  const bool is_set = times.it_value.tv_sec != 0 || times.it_value.tv_nsec != 0;
  timer.overrun = 0;
  timer.interval_ns = to_ns(times.it_interval);
  timer.deadline_ns = kForever;
  if (is_set) {
    timer.deadline_ns =
        is_absolute ? deadline_at(timer.clock, times.it_value) : deadline_in(to_ns(times.it_value));
  }
  // What is over already shows at once, to those who ask without waiting, too.
  if (timer.fd >= 0) end_quiet_timer(timer, now_ns());
  return true;
}

itimerspec left_of(const Timer& timer) {
  if (timer.deadline_ns == kForever) return {};
  const std::uint64_t now = now_ns();
  const std::uint64_t left = timer.deadline_ns > now ? timer.deadline_ns - now : 1;
  return {as_time(timer.interval_ns), as_time(left)};
}

std::uint64_t nearest_timer() {
  std::uint64_t nearest = kForever;
  for (int i = 0; i < in_use; ++i) {
    if (timers[i].used && timers[i].deadline_ns < nearest) nearest = timers[i].deadline_ns;
  }
  return nearest;
}

int end_timers(std::uint64_t now) {
  for (int i = 0; i < in_use; ++i) {
    if (timers[i].used && !sends_signal(timers[i])) end_quiet_timer(timers[i], now);
  }
  Timer* const first = first_signal(now);
  if (first == nullptr) return 0;
  first->overrun = pass(*first, now) - 1;
  ended = {first->event, first->overrun, first == &timers[0]};
  return first->event.sigev_signo;
}

TimerSignal take_timer_signal() {
  const TimerSignal taken = ended;
  ended = {};
  return taken;
}

void raise_for_timer(const TimerSignal& timer) {
  const int signal = timer.event.sigev_signo;
  if (timer.is_alarm) {
    ::kill(real_process(), signal);
    return;
  }
  siginfo_t info = {};
  info.si_signo = signal;
  info.si_code = SI_TIMER;
  info.si_value = timer.event.sigev_value;
  info.si_overrun = timer.overrun < INT_MAX ? static_cast<int>(timer.overrun) : INT_MAX;
  if (timer.event.sigev_notify == SIGEV_THREAD_ID) {
    ::syscall(SYS_rt_tgsigqueueinfo, real_process(), timer.event._sigev_un._tid, signal, &info);
  } else {
    ::syscall(SYS_rt_sigqueueinfo, real_process(), signal, &info);
  }
}

void forget_descriptor_timers(int first, int last) {
  if (descriptor_count.load(std::memory_order_relaxed) == 0 || !scheduling()) return;
  const Locked locked;
  for (int i = 1; i < in_use; ++i) {
    const int fd = timers[i].used ? timers[i].fd : -1;
    if (fd >= first && fd <= last && fd >= 0) remove_timer(timers[i]);
  }
}

void drop_signal_timers() {
  for (Timer& timer : timers) {
    if (timer.used && timer.fd < 0) timer = {};
  }
}

void drop_timers() {
  for (Timer& timer : timers) {
    if (timer.used) timer = {};
  }
  descriptor_count.store(0);
}

}  // namespace crashreel::player
