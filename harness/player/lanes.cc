#include "harness/player/lanes.h"

#include <sys/socket.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/bypass.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/guarded_copy.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {

Lane lanes[kMostLanes];
std::atomic<int> lent_count{0};

namespace {

int lanes_end = 0;  // behind the highest that is more than the kernel's
bool off = !kCopiesGuarded;
std::uint32_t forks = 0;

constexpr int kMostLent = 16;
int lent[kMostLent];

// Larger ones may not fit into a socket whose other end nobody reads.
constexpr std::uint32_t kMostBytesLent = 16 * 1024;

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

}  // namespace

int lent_at(int index) {
  return lent[index];
}

void remove_lent(int fd) {
  int kept = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    if (lent[i] != fd) lent[kept++] = lent[i];
  }
  lent_count.store(kept, std::memory_order_relaxed);
}

void leave(int fd) {
  Lane& lane = lanes[fd];
  if (lane.server.load(std::memory_order_relaxed) == Server::kUsAndKernel) {
    put_into_socket(fd);
    reader_of(lane.session) = {};
  }
  lane.server.store(Server::kKernel, std::memory_order_release);
}

Lane* served_by_us(int fd) {
  Lane* lane = lane_of(fd);
  const bool ours =
      lane != nullptr && lane->server.load(std::memory_order_acquire) == Server::kUsAndKernel;
  return ours && scheduling() ? lane : nullptr;
}

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

void allow_bypass(bool allowed) {
  off = !kCopiesGuarded || !allowed;
}

std::uint32_t unread_of(std::uint32_t session) {
  const int fd = reader_of(session).fd;
  return fd < 0 ? 0 : lanes[fd].left;
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
