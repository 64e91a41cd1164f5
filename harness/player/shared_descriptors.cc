#include "harness/player/shared_descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/proc_file.h"
#include "harness/player/questions.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// Programs that have more open when they start to serve are run fresh.
constexpr int kMaxDescriptors = 512;
constexpr int kMaxInterests = 1024;
constexpr int kHighestLooked = 8192;
constexpr int kAskedAtOnce = 512;

enum class Kind { kEpoll, kEvents, kSignals, kPipe, kSocket, kConnection, kFile };

struct Descriptor {
  int fd;
  Kind kind;
  int fd_flags;      // FD_CLOEXEC
  int status_flags;  // F_GETFL
  uint64_t inode;    // kPipe: both ends have the same
  // kEvents: the count; kSignals: the mask; kFile: the position; kConnection: the player's end
  uint64_t value;
  bool done;  // made again in this instance
};

struct Interest {
  int set;
  int fd;
  epoll_event event;
};

Descriptor descriptors[kMaxDescriptors];
int descriptor_count = 0;
Interest interests[kMaxInterests];
int interest_count = 0;
const OwnEnd* own_ends = nullptr;
int own_end_count = 0;

uint64_t number_after(const char* from, const char* name, int base) {
  const char* at = ::strstr(from, name);
  return at == nullptr ? 0 : ::strtoull(at + ::strlen(name), nullptr, base);
}

// Lines of proc(5): "tfd:        6 events:       19 data:                6  pos:0 ino:1d sdev:8".
const char* note_interests(int set) {
  const char* line = read_proc_file(DescriptorPath("fdinfo", set).path);
  while ((line = ::strstr(line, "tfd:")) != nullptr) {
    if (interest_count == kMaxInterests) return "it waits for too many descriptors";
    Interest& interest = interests[interest_count++];
    interest.set = set;
    interest.fd = static_cast<int>(number_after(line, "tfd:", 10));
    interest.event.events = static_cast<uint32_t>(number_after(line, "events:", 16));
    interest.event.data.u64 = number_after(line, "data:", 16);
    line += 4;
  }
  return nullptr;
}

bool is_connected(int fd) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  return CRASHREEL_REAL(getpeername)(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

// What is written to a logger's socket disturbs no other instance.
bool may_be_shared(int fd) {
  return option(fd, SOL_SOCKET, SO_DOMAIN) == AF_UNIX &&
         option(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && is_connected(fd);
}

const char* classify_socket(Descriptor& found, bool* shared) {
  found.kind = Kind::kSocket;
  *shared = may_be_shared(found.fd);
  if (*shared) return nullptr;
  const int domain = option(found.fd, SOL_SOCKET, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) {
    return "it has a socket of an unknown family open";
  }
  if (has_asked(found.fd)) return "it has asked somebody by datagrams";
  if (!is_connected(found.fd)) return nullptr;
  const int end = find_own_end(found.fd, own_ends, own_end_count);
  if (end < 0) return "it has a connection open";
  found.kind = Kind::kConnection;
  found.value = static_cast<uint64_t>(end);
  return find_unread(found.fd, own_ends[end]);
}

const char* classify_pipe(Descriptor& found) {
  found.kind = Kind::kPipe;
  int waiting = 0;
  const bool reads = (found.status_flags & O_ACCMODE) == O_RDONLY;
  if (reads && ::ioctl(found.fd, FIONREAD, &waiting) == 0 && waiting > 0) {
    return "a pipe of its own is not empty";
  }
  return nullptr;
}

const char* classify_anonymous(Descriptor& found) {
  char name[64] = {};
  const DescriptorPath place("fd", found.fd);
  if (::readlink(place.path, name, sizeof name - 1) < 0) return "it has a descriptor of no name";
  if (::strcmp(name, "anon_inode:[eventpoll]") == 0) {
    found.kind = Kind::kEpoll;
    return note_interests(found.fd);
  }
  const char* info = read_proc_file(DescriptorPath("fdinfo", found.fd).path);
  if (*info == 0) return "/proc does not tell of its descriptors";
  if (::strcmp(name, "anon_inode:[eventfd]") == 0) {
    found.kind = Kind::kEvents;
    found.value = number_after(info, "eventfd-count:", 16);
    return nullptr;
  }
  if (::strcmp(name, "anon_inode:[signalfd]") == 0) {
    found.kind = Kind::kSignals;
    found.value = number_after(info, "sigmask:", 16);
    return nullptr;
  }
  return "it has a timer, a watch on files or another special descriptor open";
}

bool is_output(const struct stat& status) {
  struct stat output;
  return ::fstat(STDOUT_FILENO, &output) == 0 && output.st_ino == status.st_ino &&
         output.st_dev == status.st_dev;
}

// *shared: nothing has to be done.
const char* classify(Descriptor& found, bool* shared) {
  struct stat status;
  if (::fstat(found.fd, &status) != 0) return "it has a descriptor that can't be looked at";
  found.inode = status.st_ino;
  if (S_ISSOCK(status.st_mode)) return classify_socket(found, shared);
  if (S_ISFIFO(status.st_mode)) return classify_pipe(found);
  if (S_ISREG(status.st_mode)) {
    found.kind = Kind::kFile;
    found.value = static_cast<uint64_t>(::lseek(found.fd, 0, SEEK_CUR));
    *shared = (found.status_flags & O_APPEND) != 0 || is_output(status);
    return nullptr;
  }
  *shared = S_ISDIR(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  return *shared ? nullptr : classify_anonymous(found);
}

// Puts what was made under the number that the program knows.
bool replace(const Descriptor& old, int made) {
  if (made < 0) return false;
  if ((old.status_flags & O_NONBLOCK) != 0) ::fcntl(made, F_SETFL, old.status_flags);
  const int cloexec = (old.fd_flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
  const bool placed = CRASHREEL_REAL(dup3)(made, old.fd, cloexec) == old.fd;
  CRASHREEL_REAL(close)(made);
  return placed;
}

// The program's end, and whatever else was copied from it.
bool make_connection(const Descriptor& first) {
  const int made = connect_again(first.fd, own_ends[first.value]);
  bool placed = made >= 0;
  for (int i = 0; i < descriptor_count && placed; ++i) {
    Descriptor& end = descriptors[i];
    if (end.kind != Kind::kConnection || end.value != first.value) continue;
    placed = replace(end, ::fcntl(made, F_DUPFD_CLOEXEC, 0));
    end.done = true;
  }
  if (made >= 0) CRASHREEL_REAL(close)(made);
  return placed;
}

// The other end, and whatever else was copied from either.
bool make_pipe(Descriptor& first) {
  int ends[2];
  if (CRASHREEL_REAL(pipe2)(ends, O_CLOEXEC) != 0) return false;
  bool made = true;
  for (int i = 0; i < descriptor_count && made; ++i) {
    Descriptor& end = descriptors[i];
    if (end.kind != Kind::kPipe || end.inode != first.inode) continue;
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

bool make_socket(const Descriptor& old) {
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

bool make_file(const Descriptor& old) {
  const DescriptorPath place("fd", old.fd);
  const int kept = old.status_flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW);
  const int made = CRASHREEL_REAL(open)(place.path, kept | O_CLOEXEC);
  if (made < 0) return false;
  ::lseek(made, static_cast<off_t>(old.value), SEEK_SET);
  return replace(old, made);
}

bool make(Descriptor& old) {
  switch (old.kind) {
    case Kind::kEpoll:
      return replace(old, ::epoll_create1(EPOLL_CLOEXEC));
    case Kind::kEvents:
      return replace(old, ::eventfd(static_cast<unsigned>(old.value), EFD_CLOEXEC));
    case Kind::kSignals: {
      const sigset_t set = signals_of(old.value);
      return replace(old, ::signalfd(-1, &set, SFD_CLOEXEC));
    }
    case Kind::kPipe:
      return make_pipe(old);
    case Kind::kSocket:
      return make_socket(old);
    case Kind::kConnection:
      return make_connection(old);
    case Kind::kFile:
      return make_file(old);
  }
  return false;
}

// A pipe of which the program has one end alone leads to somebody else.
const char* find_outside_pipes() {
  for (int i = 0; i < descriptor_count; ++i) {
    if (descriptors[i].kind != Kind::kPipe) continue;
    bool reads = false;
    bool writes = false;
    for (int j = 0; j < descriptor_count; ++j) {
      if (descriptors[j].kind != Kind::kPipe || descriptors[j].inode != descriptors[i].inode)
        continue;
      const bool is_reader = (descriptors[j].status_flags & O_ACCMODE) == O_RDONLY;
      (is_reader ? reads : writes) = true;
    }
    if (!reads || !writes) return "it has a pipe to another process open";
  }
  return nullptr;
}

const char* note(int fd) {
  if (descriptor_count == kMaxDescriptors) return "it has too many descriptors open";
  Descriptor& found = descriptors[descriptor_count];
  found = {fd, Kind::kFile, ::fcntl(fd, F_GETFD), ::fcntl(fd, F_GETFL), 0, 0, false};
  bool shared = false;
  const char* obstacle = classify(found, &shared);
  if (obstacle == nullptr && !shared) ++descriptor_count;
  return obstacle;
}

// A session that the program has not accepted yet, or has ended unseen.
bool has_loose_end() {
  int connected = 0;
  for (int end = 0; end < own_end_count; ++end) {
    for (int i = 0; i < descriptor_count; ++i) {
      const Descriptor& descriptor = descriptors[i];
      if (descriptor.kind != Kind::kConnection) continue;
      if (descriptor.value != static_cast<uint64_t>(end)) continue;
      ++connected;
      break;
    }
  }
  return connected != own_end_count;
}

}  // namespace

const char* take_stock(const OwnEnd* ends, int count) {
  own_ends = ends;
  own_end_count = count;
  descriptor_count = 0;
  interest_count = 0;
  static pollfd asked[kAskedAtOnce];  // which of them are open, in one call
  for (int first = 0; first < kHighestLooked; first += kAskedAtOnce) {
    for (int i = 0; i < kAskedAtOnce; ++i) asked[i] = {first + i, 0, 0};
    if (CRASHREEL_REAL(poll)(asked, kAskedAtOnce, 0) < 0) return "its descriptors can't be told";
    for (int i = 0; i < kAskedAtOnce; ++i) {
      if ((asked[i].revents & POLLNVAL) != 0 || is_own(asked[i].fd)) continue;
      const char* obstacle = note(asked[i].fd);
      if (obstacle != nullptr) return obstacle;
    }
  }
  if (has_loose_end()) return "it has not taken all of its connections";
  return find_outside_pipes();
}

bool make_own() {
  for (int i = 0; i < descriptor_count; ++i) descriptors[i].done = false;
  for (int i = 0; i < descriptor_count; ++i) {
    if (!descriptors[i].done && !make(descriptors[i])) return false;
  }
  for (int i = 0; i < interest_count; ++i) {
    Interest& interest = interests[i];
    if (::epoll_ctl(interest.set, EPOLL_CTL_ADD, interest.fd, &interest.event) != 0) return false;
  }
  return true;
}

}  // namespace crashreel::player
