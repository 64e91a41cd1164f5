// The calls that take in or give out several messages, or at a position that is none: each is made
// of the plain calls, which know when to wait.

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/idle.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"

using namespace crashreel::player;

namespace {

// Where it is no position, these are readv and writev with flags; only those that may not wait are
// for the kernel.
bool is_plain(off64_t position, int flags) {
  return scheduling() && position == -1 && (flags & RWF_NOWAIT) == 0;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

// As the kernel does, the time-out is looked at after each message only.
CRASHREEL_HOOK int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                            timespec* timeout) {
  if (!scheduling()) return CRASHREEL_REAL(recvmmsg)(fd, messages, count, flags, timeout);
  const std::uint64_t deadline = timeout == nullptr ? kForever : deadline_in(to_ns(*timeout));
  const int further = (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0;
  unsigned taken = 0;
  while (taken < count && (taken == 0 || now_ns() < deadline)) {
    const int asked = (flags & ~MSG_WAITFORONE) | (taken > 0 ? further : 0);
    const ssize_t size = ::recvmsg(fd, &messages[taken].msg_hdr, asked);
    if (size < 0) return taken > 0 ? static_cast<int>(taken) : -1;
    messages[taken++].msg_len = static_cast<unsigned>(size);
  }
  return static_cast<int>(taken);
}

CRASHREEL_HOOK int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (!scheduling()) return CRASHREEL_REAL(sendmmsg)(fd, messages, count, flags);
  unsigned given = 0;
  while (given < count) {
    const ssize_t size = ::sendmsg(fd, &messages[given].msg_hdr, flags);
    if (size < 0) return given > 0 ? static_cast<int>(given) : -1;
    messages[given++].msg_len = static_cast<unsigned>(size);
  }
  return static_cast<int>(given);
}

CRASHREEL_HOOK ssize_t preadv2(int fd, const iovec* parts, int count, off_t position, int flags) {
  if (is_random_device(fd) && serves_random() && position >= -1) {
    return ::readv(fd, parts, count);
  }
  if (is_plain(position, flags)) return ::readv(fd, parts, count);
  return CRASHREEL_REAL(preadv2)(fd, parts, count, position, flags);
}

CRASHREEL_HOOK ssize_t preadv64v2(int fd, const iovec* parts, int count, off64_t position,
                                  int flags) {
  if (is_random_device(fd) && serves_random() && position >= -1) {
    return ::readv(fd, parts, count);
  }
  if (is_plain(position, flags)) return ::readv(fd, parts, count);
  return CRASHREEL_REAL(preadv64v2)(fd, parts, count, position, flags);
}

CRASHREEL_HOOK ssize_t pwritev2(int fd, const iovec* parts, int count, off_t position, int flags) {
  if (is_plain(position, flags)) return ::writev(fd, parts, count);
  return CRASHREEL_REAL(pwritev2)(fd, parts, count, position, flags);
}

CRASHREEL_HOOK ssize_t pwritev64v2(int fd, const iovec* parts, int count, off64_t position,
                                   int flags) {
  if (is_plain(position, flags)) return ::writev(fd, parts, count);
  return CRASHREEL_REAL(pwritev64v2)(fd, parts, count, position, flags);
}

}  // extern "C"
