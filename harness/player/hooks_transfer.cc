// The calls that take in and give out: what would block goes through the scheduler instead. On a
// socket the call is made without waiting first, which costs nothing extra where it succeeds; other
// descriptors are asked whether they are ready, and served under the scheduler's lock, so that of
// two threads that wait for the same pipe or listener none is left in the kernel unseen.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"
#include "harness/player/questions.h"
#include "harness/player/random.h"
#include "harness/player/random_devices.h"
#include "harness/player/stage.h"

using namespace crashreel::player;

namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

// Would this call wait, were it made as the program asked?
bool may_block(int fd, int flags = 0) {
  if ((flags & MSG_DONTWAIT) != 0) return false;
  const int status = ::fcntl(fd, F_GETFL);
  return status >= 0 && (status & O_NONBLOCK) == 0;
}

// Files and directories are always ready, however long they take.
bool keeps_readers_waiting(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// SO_RCVTIMEO and SO_SNDTIMEO count on the virtual clock, too.
std::uint64_t deadline_of(int fd, short events) {
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

// For what is no socket.
template <typename Operation>
ssize_t read_other(int fd, Operation operation) {
  return may_block(fd) && keeps_readers_waiting(fd) ? when_ready(fd, POLLIN, operation)
                                                    : operation();
}

// What is lent, else what the kernel has.
template <typename Operation>
ssize_t take_in(int fd, Parts parts, int flags, Operation operation) {
  if (!scheduling()) return operation(flags);
  ssize_t result = 0;
  if (read_lent(fd, parts, flags, &result)) return result;
  result = without_waiting(fd, POLLIN, flags, operation, {parts, flags});
  if (result > 0 && (flags & MSG_PEEK) == 0) note_read(fd, static_cast<std::size_t>(result));
  return result;
}

iovec part_of(const void* bytes, std::size_t size) {
  return {const_cast<void*>(bytes), size};
}

// MSG_WAITALL: everything, or what there was before the end or the trouble.
ssize_t receive_all(int fd, char* buffer, std::size_t size, int flags) {
  std::size_t got = 0;
  while (got < size) {
    const iovec rest = part_of(buffer + got, size - got);
    const ssize_t part = take_in(fd, {&rest, 1}, flags & ~MSG_WAITALL, [&](int asked) {
      return CRASHREEL_REAL(recv)(fd, buffer + got, size - got, asked);
    });
    if (part <= 0) return got > 0 ? static_cast<ssize_t>(got) : part;
    got += static_cast<std::size_t>(part);
  }
  return static_cast<ssize_t>(got);
}

// All of it, as a blocking socket takes it; a part only where trouble comes in between.
ssize_t give_out(int fd, const char* bytes, std::size_t size, int flags) {
  const iovec all = part_of(bytes, size);
  ssize_t result = 0;
  if (write_bypassing(fd, {&all, 1}, flags, &result)) return result;
  std::size_t given = 0;
  do {
    const ssize_t part = without_waiting(fd, POLLOUT, flags, [&](int asked) {
      return CRASHREEL_REAL(send)(fd, bytes + given, size - given, asked);
    });
    if (part < 0) return given > 0 ? static_cast<ssize_t>(given) : part;
    note_sent(static_cast<std::size_t>(part));
    given += static_cast<std::size_t>(part);
  } while (given < size && may_block(fd, flags));
  return static_cast<ssize_t>(given);
}

std::size_t size_of(const iovec* parts, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += parts[i].iov_len;
  return size;
}

ssize_t give_out_message(int fd, const msghdr* message, int flags) {
  ssize_t result = 0;
  if (message->msg_controllen != 0) leave_to_kernel(fd);  // it sends descriptors
  if (write_bypassing(fd, {message->msg_iov, message->msg_iovlen}, flags, &result)) return result;
  const std::size_t size = size_of(message->msg_iov, message->msg_iovlen);
  const ssize_t first = without_waiting(
      fd, POLLOUT, flags, [&](int asked) { return CRASHREEL_REAL(sendmsg)(fd, message, asked); });
  if (first < 0) return first;
  note_sent(static_cast<std::size_t>(first));
  if (static_cast<std::size_t>(first) == size || !may_block(fd, flags)) return first;
  auto skipped = static_cast<std::size_t>(first);  // by what went out in the first go
  std::size_t given = skipped;
  for (std::size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& part = message->msg_iov[i];
    const std::size_t skip = skipped < part.iov_len ? skipped : part.iov_len;
    skipped -= skip;
    if (skip == part.iov_len) continue;
    const char* bytes = static_cast<const char*>(part.iov_base) + skip;
    const ssize_t rest = give_out(fd, bytes, part.iov_len - skip, flags);
    if (rest > 0) given += static_cast<std::size_t>(rest);
    if (rest < static_cast<ssize_t>(part.iov_len - skip)) break;
  }
  return static_cast<ssize_t>(given);
}

bool is_internet(const sockaddr* address, socklen_t size) {
  return (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) ||
         (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6));
}

// A datagram to whoever is in the place of this address.
ssize_t give_to_peer(int fd, msghdr message, int flags) {
  auto* address = static_cast<sockaddr*>(message.msg_name);
  RealPeer peer = {};
  if (is_internet(address, message.msg_namelen) && has_datagrams(fd)) {
    if (!find_peer(fd, address, message.msg_namelen, &peer)) return -1;
    if (peer.is_nobody) return static_cast<ssize_t>(size_of(message.msg_iov, message.msg_iovlen));
    message.msg_name = &peer.address;
    message.msg_namelen = peer.size;
  }
  const ssize_t sent = CRASHREEL_REAL(sendmsg)(fd, &message, flags);
  if (sent > 0) note_sent(static_cast<std::size_t>(sent));
  return sent;
}

template <typename Operation>
int take_connection(int fd, sockaddr* address, socklen_t* size, Operation operation) {
  if (!scheduling()) return operation();
  const int made =
      may_block(fd) ? static_cast<int>(when_ready(fd, POLLIN, operation)) : operation();
  if (made < 0) return made;
  note_connection(made);
  if (is_own_name(address, size)) *size = sizeof address->sa_family;
  return made;
}

bool is_no_socket(ssize_t result) {
  return result < 0 && errno == ENOTSOCK;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int accept(int fd, sockaddr* __restrict address, socklen_t* __restrict size) {
  const auto real = CRASHREEL_REAL(accept);
  return take_connection(fd, address, size, [&] { return real(fd, address, size); });
}

CRASHREEL_HOOK int accept4(int fd, sockaddr* __restrict address, socklen_t* __restrict size,
                           int flags) {
  const auto real = CRASHREEL_REAL(accept4);
  return take_connection(fd, address, size, [&] { return real(fd, address, size, flags); });
}

CRASHREEL_HOOK ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  if ((flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0 && scheduling()) {
    return receive_all(fd, static_cast<char*>(buffer), size, flags);
  }
  const iovec all = part_of(buffer, size);
  return take_in(fd, {&all, 1}, flags,
                 [&](int asked) { return CRASHREEL_REAL(recv)(fd, buffer, size, asked); });
}

CRASHREEL_HOOK ssize_t recvfrom(int fd, void* __restrict buffer, size_t size, int flags,
                                sockaddr* __restrict address, socklen_t* __restrict length) {
  const socklen_t room = length == nullptr ? 0 : *length;
  const iovec all = part_of(buffer, size);
  if (length != nullptr) *length = 0;  // what is lent comes from nobody, as from any connection
  const ssize_t result = take_in(fd, {&all, 1}, flags, [&](int asked) {
    if (length != nullptr) *length = room;
    return CRASHREEL_REAL(recvfrom)(fd, buffer, size, asked, address, length);
  });
  if (result < 0 && length != nullptr) *length = room;
  if (result < 0 || !scheduling()) return result;
  if (is_own_name(address, length)) *length = 0;
  show_peer(fd, address, length, room);
  return result;
}

CRASHREEL_HOOK ssize_t recvmsg(int fd, msghdr* message, int flags) {
  const msghdr asked_for = *message;
  message->msg_namelen = 0;  // as of what is lent
  message->msg_controllen = 0;
  message->msg_flags = 0;
  const Parts parts = {message->msg_iov, message->msg_iovlen};
  const ssize_t result = take_in(fd, parts, flags, [&](int asked) {
    *message = asked_for;
    return CRASHREEL_REAL(recvmsg)(fd, message, asked);
  });
  if (result < 0) *message = asked_for;
  if (result < 0 || !scheduling()) return result;
  auto* name = static_cast<sockaddr*>(message->msg_name);
  if (is_own_name(name, &message->msg_namelen)) message->msg_namelen = 0;
  show_peer(fd, name, &message->msg_namelen, asked_for.msg_namelen);
  return result;
}

CRASHREEL_HOOK ssize_t read(int fd, void* buffer, size_t size) {
  const auto real = CRASHREEL_REAL(read);
  if (is_random_device(fd) && serves_random()) {
    draw(buffer, size);
    return static_cast<ssize_t>(size);
  }
  if (!scheduling() || size == 0) return real(fd, buffer, size);
  const ssize_t result = ::recv(fd, buffer, size, 0);
  if (!is_no_socket(result)) return result;
  return read_other(fd, [&] { return real(fd, buffer, size); });
}

CRASHREEL_HOOK ssize_t readv(int fd, const iovec* parts, int count) {
  const auto real = CRASHREEL_REAL(readv);
  if (is_random_device(fd) && serves_random() && count >= 0 && count <= IOV_MAX) {
    return draw(parts, count);
  }
  if (!scheduling() || count <= 0) return real(fd, parts, count);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t result = ::recvmsg(fd, &message, 0);
  if (!is_no_socket(result)) return result;
  return read_other(fd, [&] { return real(fd, parts, count); });
}

CRASHREEL_HOOK ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  if (!scheduling()) return CRASHREEL_REAL(send)(fd, bytes, size, flags);
  return give_out(fd, static_cast<const char*>(bytes), size, flags);
}

CRASHREEL_HOOK ssize_t sendto(int fd, const void* bytes, size_t size, int flags,
                              const sockaddr* address, socklen_t length) {
  if (!scheduling()) return CRASHREEL_REAL(sendto)(fd, bytes, size, flags, address, length);
  if (address != nullptr) {
    iovec part = {const_cast<void*>(bytes), size};
    msghdr message = {};
    message.msg_name = const_cast<sockaddr*>(address);
    message.msg_namelen = length;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return give_to_peer(fd, message, flags);
  }
  return give_out(fd, static_cast<const char*>(bytes), size, flags);
}

CRASHREEL_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  if (!scheduling()) return CRASHREEL_REAL(sendmsg)(fd, message, flags);
  if (message->msg_name != nullptr) return give_to_peer(fd, *message, flags);
  return give_out_message(fd, message, flags);
}

CRASHREEL_HOOK ssize_t write(int fd, const void* bytes, size_t size) {
  const auto real = CRASHREEL_REAL(write);
  if (!scheduling() || size == 0) return real(fd, bytes, size);
  const ssize_t result = give_out(fd, static_cast<const char*>(bytes), size, 0);
  return is_no_socket(result) ? real(fd, bytes, size) : result;
}

CRASHREEL_HOOK ssize_t writev(int fd, const iovec* parts, int count) {
  const auto real = CRASHREEL_REAL(writev);
  if (!scheduling() || count <= 0) return real(fd, parts, count);
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t result = give_out_message(fd, &message, 0);
  return is_no_socket(result) ? real(fd, parts, count) : result;
}

}  // extern "C"
