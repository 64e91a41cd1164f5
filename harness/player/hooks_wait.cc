// The calls in which a program waits for descriptors or for time: each asks without waiting first,
// and blocks through the scheduler. Time-outs count on the virtual clock.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

std::uint64_t deadline_in_ms(int timeout_ms) {
  return timeout_ms < 0 ? kForever
                        : deadline_in(static_cast<std::uint64_t>(timeout_ms) * kMillisecond);
}

std::uint64_t deadline_after(const timespec* timeout) {
  return timeout == nullptr ? kForever : deadline_in(to_ns(*timeout));
}

// None of these calls is ever resumed after a signal handler.
bool interrupted(Woken woken) {
  if (woken != Woken::kInterrupted && woken != Woken::kResumable) return false;
  errno = EINTR;
  return true;
}

// To ask without waiting is not to wait.
bool is_zero(const timespec* timeout) {
  return timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
}

// A signal mask that holds during the wait, as the p-variants of the calls promise.
class MaskDuringWait {
 public:
  explicit MaskDuringWait(const sigset_t* mask) : changed_(mask != nullptr) {
    if (changed_) ::pthread_sigmask(SIG_SETMASK, mask, &before_);
  }
  ~MaskDuringWait() {
    const int error = errno;
    if (changed_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }
  MaskDuringWait(const MaskDuringWait&) = delete;
  MaskDuringWait& operator=(const MaskDuringWait&) = delete;

 private:
  sigset_t before_;
  bool changed_;
};

struct EpollLook {
  int set;
  epoll_event* events;
  int capacity;
  int result;

  static int look(void* raw) {
    auto* self = static_cast<EpollLook*>(raw);
    self->result = lent_events(self->set, self->events, self->capacity);
    if (self->result == 0) {
      self->result = CRASHREEL_REAL(epoll_wait)(self->set, self->events, self->capacity, 0);
    }
    return self->result;
  }
};

// A look that is the whole call: its result and its errno.
template <typename Look>
int look_once(Look look) {
  int error = 0;
  const auto take = [&] {
    Look::look(&look);
    error = errno;
  };
  do_locked([](void* raw) { (*static_cast<decltype(take)*>(raw))(); },
            const_cast<void*>(static_cast<const void*>(&take)));
  if (look.result < 0) errno = error;
  return look.result;
}

int wait_on_epoll(int set, epoll_event* events, int capacity, std::uint64_t deadline) {
  EpollLook look = {set, events, capacity, 0};
  pollfd descriptor = {set, POLLIN, 0};
  const Woken woken = wait_for_descriptors(&descriptor, 1, deadline, EpollLook::look, &look);
  return interrupted(woken) ? -1 : look.result;
}

struct PollLook {
  pollfd* descriptors;
  nfds_t count;
  int result;

  static int look(void* raw) {
    auto* self = static_cast<PollLook*>(raw);
    before_look(self->descriptors, self->count);
    self->result = CRASHREEL_REAL(poll)(self->descriptors, self->count, 0);
    if (self->result >= 0) self->result += add_lent(self->descriptors, self->count);
    return self->result;
  }
};

int wait_on_poll(pollfd* descriptors, nfds_t count, std::uint64_t deadline) {
  PollLook look = {descriptors, count, 0};
  const Woken woken = wait_for_descriptors(descriptors, count, deadline, PollLook::look, &look);
  return interrupted(woken) ? -1 : look.result;
}

// select() overwrites its sets, so every look begins from copies.
struct SelectLook {
  int limit;
  fd_set* sets[3];
  fd_set asked[3];
  int result;

  static int look(void* raw) {
    auto* self = static_cast<SelectLook*>(raw);
    fd_set found[3];
    fd_set* pointers[3];
    for (int i = 0; i < 3; ++i) {
      found[i] = self->asked[i];
      pointers[i] = self->sets[i] == nullptr ? nullptr : &found[i];
    }
    timeval none = {};
    before_look(self->limit, pointers[0]);
    self->result =
        CRASHREEL_REAL(select)(self->limit, pointers[0], pointers[1], pointers[2], &none);
    if (self->result >= 0 && pointers[0] != nullptr) {
      self->result += add_lent(self->limit, self->asked[0], pointers[0]);
    }
    for (int i = 0; i < 3; ++i) {
      if (self->sets[i] != nullptr && self->result >= 0) *self->sets[i] = found[i];
    }
    return self->result;
  }
};

SelectLook look_for(int limit, fd_set* readable, fd_set* writable, fd_set* exceptional) {
  SelectLook look = {limit, {readable, writable, exceptional}, {}, 0};
  for (int i = 0; i < 3; ++i) {
    if (look.sets[i] != nullptr) look.asked[i] = *look.sets[i];
  }
  return look;
}

int wait_on_select(SelectLook look, std::uint64_t deadline) {
  const int limit = look.limit;
  fd_set* const(&sets)[3] = look.sets;
  constexpr short kEvents[3] = {POLLIN, POLLOUT, POLLPRI};
  pollfd descriptors[FD_SETSIZE];
  nfds_t count = 0;
  for (int fd = 0; fd < limit && fd < FD_SETSIZE; ++fd) {
    short events = 0;
    for (int i = 0; i < 3; ++i) {
      if (sets[i] != nullptr && FD_ISSET(fd, sets[i]))
        events = static_cast<short>(events | kEvents[i]);
    }
    if (events != 0) descriptors[count++] = {fd, events, 0};
  }
  const Woken woken = wait_for_descriptors(descriptors, count, deadline, SelectLook::look, &look);
  return interrupted(woken) ? -1 : look.result;
}

int sleep_until(std::uint64_t deadline) {
  const auto nothing = [](void*) { return 0; };
  return interrupted(wait_for_descriptors(nullptr, 0, deadline, nothing, nullptr)) ? EINTR : 0;
}

timespec rest_until(std::uint64_t deadline) {
  const std::uint64_t now = now_ns();
  const std::uint64_t left = deadline > now ? deadline - now : 0;
  return {static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int epoll_wait(int set, epoll_event* events, int capacity, int timeout_ms) {
  if (!scheduling()) return CRASHREEL_REAL(epoll_wait)(set, events, capacity, timeout_ms);
  if (timeout_ms == 0) return look_once(EpollLook{set, events, capacity, 0});
  return wait_on_epoll(set, events, capacity, deadline_in_ms(timeout_ms));
}

CRASHREEL_HOOK int epoll_pwait(int set, epoll_event* events, int capacity, int timeout_ms,
                               const sigset_t* mask) {
  if (!scheduling()) return CRASHREEL_REAL(epoll_pwait)(set, events, capacity, timeout_ms, mask);
  const MaskDuringWait masked(mask);
  if (timeout_ms == 0) return look_once(EpollLook{set, events, capacity, 0});
  return wait_on_epoll(set, events, capacity, deadline_in_ms(timeout_ms));
}

CRASHREEL_HOOK int epoll_pwait2(int set, epoll_event* events, int capacity, const timespec* timeout,
                                const sigset_t* mask) {
  if (!scheduling()) return CRASHREEL_REAL(epoll_pwait2)(set, events, capacity, timeout, mask);
  const MaskDuringWait masked(mask);
  if (is_zero(timeout)) return look_once(EpollLook{set, events, capacity, 0});
  return wait_on_epoll(set, events, capacity, deadline_after(timeout));
}

CRASHREEL_HOOK int poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  if (!scheduling()) return CRASHREEL_REAL(poll)(descriptors, count, timeout_ms);
  if (timeout_ms == 0) return look_once(PollLook{descriptors, count, 0});
  return wait_on_poll(descriptors, count, deadline_in_ms(timeout_ms));
}

CRASHREEL_HOOK int ppoll(pollfd* descriptors, nfds_t count, const timespec* timeout,
                         const sigset_t* mask) {
  if (!scheduling()) return CRASHREEL_REAL(ppoll)(descriptors, count, timeout, mask);
  const MaskDuringWait masked(mask);
  if (is_zero(timeout)) return look_once(PollLook{descriptors, count, 0});
  return wait_on_poll(descriptors, count, deadline_after(timeout));
}

// As Linux does, the time that was left replaces the time-out.
CRASHREEL_HOOK int select(int limit, fd_set* __restrict readable, fd_set* __restrict writable,
                          fd_set* __restrict exceptional, timeval* __restrict timeout) {
  const bool only_asks = timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_usec == 0;
  if (!scheduling()) {
    return CRASHREEL_REAL(select)(limit, readable, writable, exceptional, timeout);
  }
  const SelectLook look = look_for(limit, readable, writable, exceptional);
  if (only_asks) return look_once(look);
  std::uint64_t deadline = kForever;
  if (timeout != nullptr) {
    const timespec precise = {timeout->tv_sec, static_cast<long>(timeout->tv_usec) * 1000};
    deadline = deadline_after(&precise);
  }
  const int result = wait_on_select(look, deadline);
  if (timeout != nullptr) {
    const timespec rest = rest_until(deadline);
    *timeout = {rest.tv_sec, rest.tv_nsec / 1000};
  }
  return result;
}

CRASHREEL_HOOK int pselect(int limit, fd_set* __restrict readable, fd_set* __restrict writable,
                           fd_set* __restrict exceptional, const timespec* __restrict timeout,
                           const sigset_t* __restrict mask) {
  if (!scheduling()) {
    return CRASHREEL_REAL(pselect)(limit, readable, writable, exceptional, timeout, mask);
  }
  const MaskDuringWait masked(mask);
  const SelectLook look = look_for(limit, readable, writable, exceptional);
  if (is_zero(timeout)) return look_once(look);
  return wait_on_select(look, deadline_after(timeout));
}

CRASHREEL_HOOK int clock_nanosleep(clockid_t clock, int flags, const timespec* span,
                                   timespec* rest) {
  if (!scheduling()) return CRASHREEL_REAL(clock_nanosleep)(clock, flags, span, rest);
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  const std::uint64_t deadline = absolute ? deadline_at(clock, *span) : deadline_after(span);
  const int error = sleep_until(deadline);
  if (error != 0 && !absolute && rest != nullptr) *rest = rest_until(deadline);
  return error;
}

CRASHREEL_HOOK int nanosleep(const timespec* span, timespec* rest) {
  if (!scheduling()) return CRASHREEL_REAL(nanosleep)(span, rest);
  const std::uint64_t deadline = deadline_after(span);
  if (sleep_until(deadline) == 0) return 0;
  if (rest != nullptr) *rest = rest_until(deadline);
  return -1;
}

CRASHREEL_HOOK int usleep(useconds_t microseconds) {
  if (!scheduling()) return CRASHREEL_REAL(usleep)(microseconds);
  const std::uint64_t deadline = deadline_in(static_cast<std::uint64_t>(microseconds) * 1000);
  return sleep_until(deadline) == 0 ? 0 : -1;
}

CRASHREEL_HOOK unsigned sleep(unsigned seconds) {
  if (!scheduling()) return CRASHREEL_REAL(sleep)(seconds);
  const std::uint64_t deadline = deadline_in(seconds * std::uint64_t{1'000'000'000});
  if (sleep_until(deadline) == 0) return 0;
  return static_cast<unsigned>(rest_until(deadline).tv_sec);
}

}  // extern "C"
