#include "harness/player/bypass.h"

#include <errno.h>
#include <sys/socket.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/guarded_copy.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// Who serves a descriptor of the program's.
enum class Server : std::uint8_t {
  kKernel,      // alone
  kKernelYet,   // it is a connection that the program has not read from
  kUsAndKernel  // it is a session's
};

struct Interest {
  int set = -1;
  std::uint32_t sets = 0;  // of how many; only one is known
  std::uint32_t events = 0;
  epoll_data_t data = {};
};

// A descriptor of the program's, and what is lent to it.
struct Lane {
  std::atomic<Server> server{Server::kKernel};
  bool told = false;  // the program was, and has not read since
  std::uint32_t forks = 0;
  std::uint32_t session = 0;
  std::uint32_t left = 0;  // bytes
  const char* bytes = nullptr;
  Interest interest;
};

constexpr int kMostLanes = 1024;  // higher descriptors are the kernel's
Lane lanes[kMostLanes];
int lanes_end = 0;  // behind the highest that is more than the kernel's
bool off = !kCopiesGuarded;
std::uint32_t forks = 0;

// What is lent and not read, mostly one.
constexpr int kMostLent = 16;
int lent[kMostLent];
std::atomic<int> lent_count{0};

// Larger ones may not fit into a socket whose other end nobody reads.
constexpr std::uint32_t kMostBytesLent = 16 * 1024;
// A client that does not read leaves a program that writes on and on with a full socket.
constexpr std::size_t kMostWrittenInATurn = 1 << 20;
std::size_t written_in_turn = 0;

constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDNORM;
constexpr std::uint32_t kWritable = EPOLLOUT | EPOLLWRNORM;
constexpr short kPollReadable = POLLIN | POLLRDNORM;
constexpr int kReadFlags = MSG_DONTWAIT | MSG_PEEK | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC;
constexpr int kWriteFlags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR;

Lane* lane_of(int fd) {
  return fd >= 0 && fd < kMostLanes ? &lanes[fd] : nullptr;
}

// Any thread.
Lane* served_by_us(int fd) {
  Lane* lane = lane_of(fd);
  const bool ours =
      lane != nullptr && lane->server.load(std::memory_order_acquire) == Server::kUsAndKernel;
  return ours && scheduling() ? lane : nullptr;
}

template <typename Operation>
void locked(Operation operation) {
  do_locked([](void* raw) { (*static_cast<Operation*>(raw))(); }, &operation);
}

int count_of_lent() {
  return lent_count.load(std::memory_order_relaxed);
}

void remove_lent(int fd) {
  int kept = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    if (lent[i] != fd) lent[kept++] = lent[i];
  }
  lent_count.store(kept, std::memory_order_relaxed);
}

// It fits: nothing else lies there, and it is not more than any socket holds. Where it does not all
// the same, nobody is there to read it.
void put_into_socket(int fd) {
  Lane& lane = lanes[fd];
  if (lane.left == 0) return;
  const int end = end_of(lane.session);
  const ssize_t sent =
      end < 0 ? -1 : CRASHREEL_REAL(send)(end, lane.bytes, lane.left, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) reader_of(lane.session).in_socket += static_cast<std::uint64_t>(sent);
  lane.left = 0;
  remove_lent(fd);
}

void leave(int fd) {
  Lane& lane = lanes[fd];
  if (lane.server.load(std::memory_order_relaxed) == Server::kUsAndKernel) {
    put_into_socket(fd);
    reader_of(lane.session) = {};
  }
  lane.server.store(Server::kKernel, std::memory_order_release);
}

bool is_edge_triggered(const Lane& lane) {
  return (lane.interest.events & EPOLLET) != 0;
}

// Of a set: a level is told again and again, an edge once.
bool is_for(const Lane& lane, int set) {
  return lane.interest.sets == 1 && lane.interest.set == set &&
         (lane.interest.events & kReadable) != 0 && !(lane.told && is_edge_triggered(lane));
}

bool asks_for(const pollfd& descriptor, int fd) {
  return descriptor.fd == fd && (descriptor.events & kPollReadable) != 0;
}

bool ends_by(const pollfd& descriptor, int fd) {
  return asks_for(descriptor, fd) ||
         ((descriptor.events & kPollReadable) != 0 && is_for(lanes[fd], descriptor.fd));
}

// The program says whether it still has the socket's other end: whoever it is, both names agree.
std::uint32_t find_session(int fd) {
  const std::uint32_t session = session_called(peer_name(fd));
  if (session == session_count() || end_name(fd) != peer_name(end_of(session))) {
    return session_count();
  }
  return session;
}

// The program has read from a connection for the first time.
void get_to_know(int fd, std::size_t size) {
  Lane& lane = lanes[fd];
  lane.server.store(Server::kKernel, std::memory_order_release);
  if (off || attends() || has_attendants() || lane.forks != forks) return;
  if (option(fd, SOL_SOCKET, SO_RCVLOWAT) > 1) return;
  const std::uint32_t session = find_session(fd);
  if (session == session_count()) return;
  Reader& reader = reader_of(session);
  if (reader.fd >= 0 || reader.in_socket < size) return;
  drain(session);  // what it has written so far
  if (end_of(session) < 0) return;
  reader.fd = fd;
  reader.in_socket -= size;
  lane.session = session;
  lane.left = 0;
  lane.told = false;
  if (fd >= lanes_end) lanes_end = fd + 1;
  lane.server.store(Server::kUsAndKernel, std::memory_order_release);
}

std::size_t size_of(Parts parts) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < parts.count; ++i) size += parts.first[i].iov_len;
  return size;
}

ssize_t read_from(Lane& lane, int fd, Parts parts, int flags) {
  std::uint32_t taken = 0;
  for (std::size_t i = 0; i < parts.count && taken < lane.left; ++i) {
    const std::size_t left = lane.left - taken;
    const std::size_t size = parts.first[i].iov_len < left ? parts.first[i].iov_len : left;
    if (copy_guarded(parts.first[i].iov_base, lane.bytes + taken, size) != 0) {
      errno = EFAULT;
      return -1;
    }
    taken += static_cast<std::uint32_t>(size);
  }
  lane.told = false;
  if ((flags & MSG_PEEK) != 0) return taken;
  lane.bytes += taken;
  lane.left -= taken;
  if (lane.left == 0) remove_lent(fd);
  return taken;
}

// The rest is not there; the call gave what it could.
ssize_t write_from(const Lane& lane, Parts parts) {
  static char piece[4096];  // under the lock
  std::size_t written = 0;
  for (std::size_t i = 0; i < parts.count; ++i) {
    const char* bytes = static_cast<const char*>(parts.first[i].iov_base);
    for (std::size_t left = parts.first[i].iov_len; left > 0;) {
      const std::size_t size = left < sizeof piece ? left : sizeof piece;
      if (copy_guarded(piece, bytes, size) != 0) {
        if (written == 0) errno = EFAULT;
        return written == 0 ? -1 : static_cast<ssize_t>(written);
      }
      note_answer(lane.session, piece, size);
      bytes += size;
      left -= size;
      written += size;
    }
  }
  return static_cast<ssize_t>(written);
}

}  // namespace

bool lend(std::uint32_t session, const char* bytes, std::uint32_t size) {
  const Reader& reader = reader_of(session);
  if (reader.fd < 0 || reader.in_socket != 0 || end_of(session) < 0) return false;
  if (size == 0 || size > kMostBytesLent) return false;
  Lane& lane = lanes[reader.fd];
  // Closed, and perhaps opened again, in a handler that could not take the lock.
  const bool is_gone = lane.server.load(std::memory_order_relaxed) != Server::kUsAndKernel ||
                       lane.session != session;
  if (is_gone) return false;
  constexpr std::uint32_t kOnce = EPOLLONESHOT | EPOLLEXCLUSIVE;  // the kernel keeps count of these
  if ((lane.interest.events & kOnce) != 0 || lane.left != 0) return false;
  if (count_of_lent() == kMostLent) return false;
  lane.bytes = bytes;
  lane.left = size;
  lane.told = false;
  lent[count_of_lent()] = reader.fd;
  lent_count.store(count_of_lent() + 1, std::memory_order_relaxed);
  return true;
}

void take_back(std::uint32_t session) {
  const int fd = reader_of(session).fd;
  if (fd >= 0) put_into_socket(fd);
}

bool take_back_untold() {
  bool any = false;
  for (int i = count_of_lent() - 1; i >= 0; --i) {
    const int fd = lent[i];
    if (lanes[fd].told) continue;
    any = true;
    put_into_socket(fd);
  }
  return any;
}

void take_back_all() {
  while (count_of_lent() != 0) put_into_socket(lent[0]);
}

void begin_turn() {
  written_in_turn = 0;
}

void allow_bypass(bool allowed) {
  off = !kCopiesGuarded || !allowed;
}

std::uint32_t unread_of(std::uint32_t session) {
  const int fd = reader_of(session).fd;
  return fd < 0 ? 0 : lanes[fd].left;
}

bool has_lent(const Wait& wait) {
  for (int i = 0; i < count_of_lent(); ++i) {
    for (nfds_t k = 0; k < wait.descriptor_count; ++k) {
      if (ends_by(wait.descriptors[k], lent[i])) return true;
    }
  }
  return false;
}

void before_look(const pollfd* descriptors, nfds_t count) {
  for (int i = count_of_lent() - 1; i >= 0; --i) {
    const int fd = lent[i];
    if (!lanes[fd].told) continue;
    for (nfds_t k = 0; k < count; ++k) {
      if (!asks_for(descriptors[k], fd)) continue;
      leave(fd);
      break;
    }
  }
}

int add_lent(pollfd* descriptors, nfds_t count) {
  int added = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    const int fd = lent[i];
    for (nfds_t k = 0; k < count; ++k) {
      if (!ends_by(descriptors[k], fd)) continue;
      if (descriptors[k].revents == 0) ++added;
      descriptors[k].revents =
          static_cast<short>(descriptors[k].revents | (descriptors[k].events & kPollReadable));
      if (descriptors[k].fd == fd) lanes[fd].told = true;
    }
  }
  return added;
}

void before_look(int limit, const fd_set* readable) {
  for (int i = count_of_lent() - 1; i >= 0 && readable != nullptr; --i) {
    const int fd = lent[i];
    if (lanes[fd].told && fd < limit && FD_ISSET(fd, readable)) leave(fd);
  }
}

int add_lent(int limit, const fd_set& asked, fd_set* readable) {
  int added = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    const int fd = lent[i];
    for (const int ready : {fd, lanes[fd].interest.set}) {
      if (ready < 0 || ready >= limit || ready >= FD_SETSIZE || !FD_ISSET(ready, &asked)) continue;
      if (ready != fd && !is_for(lanes[fd], ready)) continue;
      if (!FD_ISSET(ready, readable)) ++added;
      FD_SET(ready, readable);
      if (ready == fd) lanes[fd].told = true;
    }
  }
  return added;
}

int lent_events(int set, epoll_event* events, int capacity) {
  int found = 0;
  for (int i = count_of_lent() - 1; i >= 0 && found < capacity; --i) {
    const int fd = lent[i];
    Lane& lane = lanes[fd];
    if (!is_for(lane, set)) continue;
    if (lane.told) {
      leave(fd);
      continue;
    }
    lane.told = true;
    events[found].events = lane.interest.events & (kReadable | kWritable);
    events[found++].data = lane.interest.data;
  }
  return found;
}

bool read_lent_locked(int fd, Parts parts, int flags, ssize_t* result) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr || lane->left == 0 || size_of(parts) == 0) return false;
  if ((flags & ~kReadFlags) != 0) {
    leave(fd);
    return false;
  }
  *result = read_from(*lane, fd, parts, flags);
  return true;
}

bool read_lent(int fd, Parts parts, int flags, ssize_t* result) {
  if (served_by_us(fd) == nullptr) return false;
  bool served = false;
  int error = 0;
  locked([&] {
    served = read_lent_locked(fd, parts, flags, result);
    error = errno;
  });
  if (served && *result < 0) errno = error;
  return served;
}

bool write_bypassing(int fd, Parts parts, int flags, ssize_t* result) {
  Lane* lane = served_by_us(fd);
  if (lane == nullptr) return false;
  bool served = false;
  int error = 0;
  locked([&] {
    const std::size_t size = size_of(parts);
    if (size == 0 || lane->server.load(std::memory_order_relaxed) != Server::kUsAndKernel) return;
    const bool much = written_in_turn + size > kMostWrittenInATurn;
    if (much || (flags & ~kWriteFlags) != 0 || end_of(lane->session) < 0) return leave(fd);
    *result = write_from(*lane, parts);
    error = errno;
    written_in_turn += size;
    served = true;
  });
  if (served && *result < 0) errno = error;
  return served;
}

bool count_lent(int fd, int* bytes) {
  const Lane* lane = served_by_us(fd);
  if (lane == nullptr || lane->left == 0) return false;
  *bytes = static_cast<int>(lane->left);
  return true;
}

void note_read(int fd, std::size_t size) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr || !scheduling() ||
      lane->server.load(std::memory_order_acquire) == Server::kKernel)
    return;
  locked([&] {
    if (lane->server.load(std::memory_order_relaxed) == Server::kKernelYet) {
      return get_to_know(fd, size);
    }
    Reader& reader = reader_of(lane->session);
    reader.in_socket -= size < reader.in_socket ? size : reader.in_socket;
  });
}

bool is_own_name(const sockaddr* address, const socklen_t* size) {
  if (address == nullptr || size == nullptr || *size < sizeof address->sa_family) return false;
  if (address->sa_family != AF_UNIX) return false;
  bool own = false;
  locked([&] { own = session_called(number_of_name(address, *size)) != session_count(); });
  return own;
}

void note_connection(int fd) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr) return;
  lane->server.store(Server::kKernel, std::memory_order_release);
  if (off || attends() || !scheduling()) return;
  lane->forks = forks;
  lane->interest = {};
  lane->server.store(Server::kKernelYet, std::memory_order_release);
}

void note_interest(int set, int operation, int fd, const epoll_event* event) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr || lane->server.load(std::memory_order_acquire) == Server::kKernel) return;
  if (!scheduling()) return;
  locked([&] {
    Interest& interest = lane->interest;
    if (operation == EPOLL_CTL_DEL) {
      if (interest.sets != 0) --interest.sets;
      if (interest.set == set) interest.set = -1;
      return;
    }
    if (operation == EPOLL_CTL_ADD) {
      ++interest.sets;
      interest.set = set;
    }
    if (interest.set != set) return;
    interest.events = event->events;
    interest.data = event->data;
    lane->told = false;
  });
}

void leave_to_kernel(int fd) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr || lane->server.load(std::memory_order_acquire) == Server::kKernel) return;
  if (scheduling()) return locked([&] { leave(fd); });
  lane->server.store(Server::kKernel, std::memory_order_release);
}

void leave_range_to_kernel(unsigned first, unsigned last) {
  for (unsigned fd = first; fd <= last && fd < kMostLanes; ++fd) {
    leave_to_kernel(static_cast<int>(fd));
  }
}

void leave_all_to_kernel() {
  if (!scheduling()) return;
  locked([] {
    ++forks;
    for (int fd = 0; fd < lanes_end; ++fd) leave(fd);
    lanes_end = 0;
  });
}

}  // namespace crashreel::player
