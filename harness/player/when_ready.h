// How is a call made that may wait, without waiting in the kernel?
//
// What would block goes through the scheduler instead. On a socket the call is made without waiting
// first, which costs nothing extra where it succeeds; other descriptors are asked whether they are
// ready, and served under the scheduler's lock, so that of two threads that wait for the same pipe
// or listener none is left in the kernel unseen.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/idle.h"
#include "harness/player/stage.h"

namespace crashreel::player {

inline bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

// Would this call wait, were it made as the program asked?
inline bool may_block(int fd, int flags = 0) {
  if ((flags & MSG_DONTWAIT) != 0) return false;
  const int status = ::fcntl(fd, F_GETFL);
  return status >= 0 && (status & O_NONBLOCK) == 0;
}

inline bool is_no_socket(ssize_t result) {
  return result < 0 && errno == ENOTSOCK;
}

inline iovec part_of(const void* bytes, std::size_t size) {
  return {const_cast<void*>(bytes), size};
}

// SO_RCVTIMEO and SO_SNDTIMEO count on the virtual clock, too.
inline std::uint64_t deadline_of(int fd, short events) {
  timeval timeout = {};
  socklen_t size = sizeof timeout;
  const int option = events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
  if (::getsockopt(fd, SOL_SOCKET, option, &timeout, &size) != 0) return kForever;
  if (timeout.tv_sec == 0 && timeout.tv_usec == 0) return kForever;
  return deadline_in(to_ns({timeout.tv_sec, static_cast<long>(timeout.tv_usec) * 1000}));
}

// What a call asks for, where that may be lent to the program (bypass.h).
struct Wish {
  Parts parts = {nullptr, 0};
  int flags = 0;
};

// One call, made when the descriptor is ready for it.
template <typename Operation>
struct WhenReady {
  pollfd descriptor;
  Wish wish;
  Operation operation;
  ssize_t result = -1;

  static int look(void* raw) {
    auto* own = static_cast<WhenReady*>(raw);
    const Wish& wish = own->wish;
    if (read_lent_locked(own->descriptor.fd, wish.parts, wish.flags, &own->result)) return 1;
    own->descriptor.revents = 0;
    if (CRASHREEL_REAL(poll)(&own->descriptor, 1, 0) == 0) return 0;
    own->result = own->operation();
    return own->result < 0 && would_block() ? 0 : 1;  // 0: somebody else was faster
  }
};

template <typename Operation>
ssize_t when_ready(int fd, short events, Operation operation, Wish wish = {}) {
  const std::uint64_t deadline = deadline_of(fd, events);
  for (;;) {
    WhenReady<Operation> attempt = {{fd, events, 0}, wish, operation};
    pollfd descriptor = {fd, events, 0};
    const Woken woken = wait_for_descriptors(&descriptor, 1, deadline, attempt.look, &attempt);
    if (woken == Woken::kReady) return attempt.result;
    if (woken == Woken::kResumable) continue;
    errno = woken == Woken::kTimedOut ? EAGAIN : EINTR;
    return -1;
  }
}

// A call on a socket that never waits: where it would, and was meant to, it is made again when the
// socket is ready.
template <typename Operation>
ssize_t without_waiting(int fd, short events, int flags, Operation operation, Wish wish = {}) {
  const auto at_once = [&] { return operation(flags | MSG_DONTWAIT); };
  const ssize_t result = at_once();
  if (result >= 0 || !would_block()) return result;
  if (events == POLLOUT) note_full();
  return may_block(fd, flags) ? when_ready(fd, events, at_once, wish) : result;
}

}  // namespace crashreel::player
