#include "harness/player/shared_descriptors.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptor_stock.h"
#include "harness/player/descriptors.h"
#include "harness/player/proc_file.h"
#include "harness/player/questions.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// Puts what was made under the number that the program knows.
bool replace(const OpenDescriptor& old, int made) {
  if (made < 0) return false;
  if ((old.status_flags & O_NONBLOCK) != 0) ::fcntl(made, F_SETFL, old.status_flags);
  const int cloexec = (old.fd_flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
  const bool placed = CRASHREEL_REAL(dup3)(made, old.fd, cloexec) == old.fd;
  CRASHREEL_REAL(close)(made);
  return placed;
}

// The program's end, and whatever else was copied from it.
bool make_connection(const OpenDescriptor& first) {
  const int made = connect_again(first.fd, stock.own_ends[first.value]);
  bool placed = made >= 0;
  for (int i = 0; i < stock.descriptor_count && placed; ++i) {
    OpenDescriptor& end = stock.descriptors[i];
    if (end.kind != OpenKind::kConnection || end.value != first.value) continue;
    placed = replace(end, ::fcntl(made, F_DUPFD_CLOEXEC, 0));
    end.done = true;
  }
  if (made >= 0) CRASHREEL_REAL(close)(made);
  return placed;
}

// The other end, and whatever else was copied from either.
bool make_pipe(OpenDescriptor& first) {
  int ends[2];
  if (CRASHREEL_REAL(pipe2)(ends, O_CLOEXEC) != 0) return false;
  bool made = true;
  for (int i = 0; i < stock.descriptor_count && made; ++i) {
    OpenDescriptor& end = stock.descriptors[i];
    if (end.kind != OpenKind::kPipe || end.inode != first.inode) continue;
    const bool reads = (end.status_flags & O_ACCMODE) == O_RDONLY;
    made = replace(end, ::fcntl(ends[reads ? 0 : 1], F_DUPFD_CLOEXEC, 0));
    end.done = true;
  }
  CRASHREEL_REAL(close)(ends[0]);
  CRASHREEL_REAL(close)(ends[1]);
  return made;
}

// A free port or name again, as the program's own bind() got one.
bool bind_like(int old, int made) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (CRASHREEL_REAL(getsockname)(old, name, &size) != 0) return false;
  in_port_t* port = nullptr;
  if (address.ss_family == AF_INET) port = &reinterpret_cast<sockaddr_in*>(name)->sin_port;
  if (address.ss_family == AF_INET6) port = &reinterpret_cast<sockaddr_in6*>(name)->sin6_port;
  if (port != nullptr) {
    if (*port == 0) return true;  // not bound yet
    *port = 0;
  } else {
    if (size <= sizeof(sa_family_t)) return true;
    size = sizeof(sa_family_t);  // any name, as the program's own bind() got one
  }
  return CRASHREEL_REAL(bind)(made, name, size) == 0;
}

bool make_socket(const OpenDescriptor& old) {
  const int made = ::socket(option(old.fd, SOL_SOCKET, SO_DOMAIN),
                            option(old.fd, SOL_SOCKET, SO_TYPE) | SOCK_CLOEXEC,
                            option(old.fd, SOL_SOCKET, SO_PROTOCOL));
  if (made < 0) return false;
  copy_option(old.fd, made, SOL_SOCKET, SO_REUSEADDR);
  copy_option(old.fd, made, SOL_SOCKET, SO_KEEPALIVE);
  copy_option(old.fd, made, IPPROTO_IPV6, IPV6_V6ONLY);
  copy_option(old.fd, made, IPPROTO_TCP, TCP_NODELAY);
  bool good = bind_like(old.fd, made);
  if (good && option(old.fd, SOL_SOCKET, SO_ACCEPTCONN) != 0) {
    send_at_once(made);
    good = CRASHREEL_REAL(listen)(made, SOMAXCONN) == 0;
  }
  if (!good) {
    CRASHREEL_REAL(close)(made);
    return false;
  }
  if (!replace(old, made)) return false;
  find_real_name_again(old.fd);
  return true;
}

sigset_t signals_of(uint64_t mask) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal = 1; signal <= 64; ++signal) {
    if ((mask >> (signal - 1) & 1) != 0) sigaddset(&set, signal);
  }
  return set;
}

bool make_file(const OpenDescriptor& old) {
  const DescriptorPath place("fd", old.fd);
  const int kept = old.status_flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW);
  const int made = CRASHREEL_REAL(open)(place.path, kept | O_CLOEXEC);
  if (made < 0) return false;
  ::lseek(made, static_cast<off_t>(old.value), SEEK_SET);
  return replace(old, made);
}

bool make(OpenDescriptor& old) {
  switch (old.kind) {
    case OpenKind::kEpoll:
      return replace(old, ::epoll_create1(EPOLL_CLOEXEC));
    case OpenKind::kEvents:
      return replace(old, ::eventfd(static_cast<unsigned>(old.value), EFD_CLOEXEC));
    case OpenKind::kSignals: {
      const sigset_t set = signals_of(old.value);
      return replace(old, ::signalfd(-1, &set, SFD_CLOEXEC));
    }
    case OpenKind::kPipe:
      return make_pipe(old);
    case OpenKind::kSocket:
      return make_socket(old);
    case OpenKind::kConnection:
      return make_connection(old);
    case OpenKind::kFile:
      return make_file(old);
  }
  return false;
}

}  // namespace

bool make_own() {
  for (int i = 0; i < stock.descriptor_count; ++i) stock.descriptors[i].done = false;
  for (int i = 0; i < stock.descriptor_count; ++i) {
    if (!stock.descriptors[i].done && !make(stock.descriptors[i])) return false;
  }
  for (int i = 0; i < stock.interest_count; ++i) {
    Interest& interest = stock.interests[i];
    if (::epoll_ctl(interest.set, EPOLL_CTL_ADD, interest.fd, &interest.event) != 0) return false;
  }
  return true;
}

}  // namespace crashreel::player
