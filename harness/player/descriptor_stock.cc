#include "harness/player/descriptor_stock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/proc_file.h"
#include "harness/player/questions.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {

DescriptorStock stock;

namespace {

constexpr int kHighestLooked = 8192;
constexpr int kAskedAtOnce = 512;

uint64_t number_after(const char* from, const char* name, int base) {
  const char* at = ::strstr(from, name);
  return at == nullptr ? 0 : ::strtoull(at + ::strlen(name), nullptr, base);
}

// Lines of proc(5): "tfd:        6 events:       19 data:                6  pos:0 ino:1d sdev:8".
const char* note_interests(int set) {
  const char* line = read_proc_file(DescriptorPath("fdinfo", set).path);
  while ((line = ::strstr(line, "tfd:")) != nullptr) {
    if (stock.interest_count == kMaxInterests) return "it waits for too many stock.descriptors";
    Interest& interest = stock.interests[stock.interest_count++];
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

const char* classify_socket(OpenDescriptor& found, bool* shared) {
  found.kind = OpenKind::kSocket;
  *shared = may_be_shared(found.fd);
  if (*shared) return nullptr;
  const int domain = option(found.fd, SOL_SOCKET, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) {
    return "it has a socket of an unknown family open";
  }
  if (has_asked(found.fd)) return "it has asked somebody by datagrams";
  if (!is_connected(found.fd)) return nullptr;
  const int end = find_own_end(found.fd, stock.own_ends, stock.own_end_count);
  if (end < 0) return "it has a connection open";
  found.kind = OpenKind::kConnection;
  found.value = static_cast<uint64_t>(end);
  return find_unread(found.fd, stock.own_ends[end]);
}

const char* classify_pipe(OpenDescriptor& found) {
  found.kind = OpenKind::kPipe;
  int waiting = 0;
  const bool reads = (found.status_flags & O_ACCMODE) == O_RDONLY;
  if (reads && ::ioctl(found.fd, FIONREAD, &waiting) == 0 && waiting > 0) {
    return "a pipe of its own is not empty";
  }
  return nullptr;
}

const char* classify_anonymous(OpenDescriptor& found) {
  char name[64] = {};
  const DescriptorPath place("fd", found.fd);
  if (::readlink(place.path, name, sizeof name - 1) < 0) return "it has a descriptor of no name";
  if (::strcmp(name, "anon_inode:[eventpoll]") == 0) {
    found.kind = OpenKind::kEpoll;
    return note_interests(found.fd);
  }
  const char* info = read_proc_file(DescriptorPath("fdinfo", found.fd).path);
  if (*info == 0) return "/proc does not tell of its stock.descriptors";
  if (::strcmp(name, "anon_inode:[eventfd]") == 0) {
    found.kind = OpenKind::kEvents;
    found.value = number_after(info, "eventfd-count:", 16);
    return nullptr;
  }
  if (::strcmp(name, "anon_inode:[signalfd]") == 0) {
    found.kind = OpenKind::kSignals;
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
const char* classify(OpenDescriptor& found, bool* shared) {
  struct stat status;
  if (::fstat(found.fd, &status) != 0) return "it has a descriptor that can't be looked at";
  found.inode = status.st_ino;
  if (S_ISSOCK(status.st_mode)) return classify_socket(found, shared);
  if (S_ISFIFO(status.st_mode)) return classify_pipe(found);
  if (S_ISREG(status.st_mode)) {
    found.kind = OpenKind::kFile;
    found.value = static_cast<uint64_t>(::lseek(found.fd, 0, SEEK_CUR));
    *shared = (found.status_flags & O_APPEND) != 0 || is_output(status);
    return nullptr;
  }
  *shared = S_ISDIR(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  return *shared ? nullptr : classify_anonymous(found);
}

// A pipe of which the program has one end alone leads to somebody else.
const char* find_outside_pipes() {
  for (int i = 0; i < stock.descriptor_count; ++i) {
    if (stock.descriptors[i].kind != OpenKind::kPipe) continue;
    bool reads = false;
    bool writes = false;
    for (int j = 0; j < stock.descriptor_count; ++j) {
      if (stock.descriptors[j].kind != OpenKind::kPipe ||
          stock.descriptors[j].inode != stock.descriptors[i].inode)
        continue;
      const bool is_reader = (stock.descriptors[j].status_flags & O_ACCMODE) == O_RDONLY;
      (is_reader ? reads : writes) = true;
    }
    if (!reads || !writes) return "it has a pipe to another process open";
  }
  return nullptr;
}

const char* note(int fd) {
  if (stock.descriptor_count == kMaxDescriptors) return "it has too many stock.descriptors open";
  OpenDescriptor& found = stock.descriptors[stock.descriptor_count];
  found = {fd, OpenKind::kFile, ::fcntl(fd, F_GETFD), ::fcntl(fd, F_GETFL), 0, 0, false};
  bool shared = false;
  const char* obstacle = classify(found, &shared);
  if (obstacle == nullptr && !shared) ++stock.descriptor_count;
  return obstacle;
}

// A session that the program has not accepted yet, or has ended unseen.
bool has_loose_end() {
  int connected = 0;
  for (int end = 0; end < stock.own_end_count; ++end) {
    for (int i = 0; i < stock.descriptor_count; ++i) {
      const OpenDescriptor& descriptor = stock.descriptors[i];
      if (descriptor.kind != OpenKind::kConnection) continue;
      if (descriptor.value != static_cast<uint64_t>(end)) continue;
      ++connected;
      break;
    }
  }
  return connected != stock.own_end_count;
}

}  // namespace

const char* take_stock(const OwnEnd* ends, int count) {
  stock.own_ends = ends;
  stock.own_end_count = count;
  stock.descriptor_count = 0;
  stock.interest_count = 0;
  static pollfd asked[kAskedAtOnce];  // which of them are open, in one call
  for (int first = 0; first < kHighestLooked; first += kAskedAtOnce) {
    for (int i = 0; i < kAskedAtOnce; ++i) asked[i] = {first + i, 0, 0};
    if (CRASHREEL_REAL(poll)(asked, kAskedAtOnce, 0) < 0)
      return "its stock.descriptors can't be told";
    for (int i = 0; i < kAskedAtOnce; ++i) {
      if ((asked[i].revents & POLLNVAL) != 0 || is_own(asked[i].fd)) continue;
      const char* obstacle = note(asked[i].fd);
      if (obstacle != nullptr) return obstacle;
    }
  }
  if (has_loose_end()) return "it has not taken all of its connections";
  return find_outside_pipes();
}

}  // namespace crashreel::player
