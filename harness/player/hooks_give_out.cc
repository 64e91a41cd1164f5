// The calls that give out: what would block goes through the scheduler (when_ready.h).

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"
#include "harness/player/questions.h"
#include "harness/player/stage.h"
#include "harness/player/when_ready.h"

using namespace crashreel::player;

namespace {

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

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

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
