#include "harness/player/descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"

namespace crashreel::player {
namespace {

constexpr int kMaxDescriptor = 65536;
// High enough to be out of the way, low enough that the table stays small.
constexpr rlim_t kHighestBase = 2048;

enum class Owner : std::uint8_t { kProgram = 0, kPlayer = 1 };
std::atomic<Owner> owners[kMaxDescriptor];
int high_base = 0;

struct Bound {
  std::atomic<int> fd{-1};
  std::atomic<std::uint16_t> asked{0};
  std::atomic<std::uint16_t> real{0};
  std::atomic<bool> listening{false};
};
constexpr int kMaxBound = 64;
Bound bound[kMaxBound];

Bound* bound_of(int fd) {
  for (Bound& entry : bound) {
    if (entry.fd.load(std::memory_order_relaxed) == fd) return &entry;
  }
  return nullptr;
}

Bound* claim_free(int fd) {
  for (Bound& entry : bound) {
    int free = -1;
    if (entry.fd.compare_exchange_strong(free, fd)) return &entry;
  }
  return nullptr;
}

std::uint16_t real_port_of(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (CRASHREEL_REAL(getsockname)(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

}  // namespace

void prepare_descriptors() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t soft = limit.rlim_cur < 64 ? 64 : limit.rlim_cur;
  high_base = static_cast<int>(soft / 2 < kHighestBase ? soft / 2 : kHighestBase);
  const int highest = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 2 * high_base - 1);
  if (highest >= 0) CRASHREEL_REAL(close)(highest);
}

int move_out_of_sight(int fd) {
  if (fd < 0) return fd;
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, high_base);
  if (moved < 0) {
    moved = fd;
  } else {
    CRASHREEL_REAL(close)(fd);
  }
  if (moved < kMaxDescriptor) owners[moved].store(Owner::kPlayer, std::memory_order_relaxed);
  return moved;
}

void close_own(int fd) {
  if (fd < 0) return;
  if (fd < kMaxDescriptor) owners[fd].store(Owner::kProgram, std::memory_order_relaxed);
  CRASHREEL_REAL(close)(fd);
}

bool is_own(int fd) {
  return fd >= 0 && fd < kMaxDescriptor &&
         owners[fd].load(std::memory_order_relaxed) == Owner::kPlayer;
}

int close_all_but_own(unsigned first, unsigned last, int flags) {
  const auto real = CRASHREEL_REAL(close_range);
  if (last < static_cast<unsigned>(high_base) || high_base == 0) return real(first, last, flags);
  // What lies between the player's own, piece by piece.
  unsigned begin = first;
  for (unsigned fd = first; fd <= last && fd < kMaxDescriptor; ++fd) {
    if (!is_own(static_cast<int>(fd))) continue;
    if (begin < fd && real(begin, fd - 1, flags) != 0) return -1;
    begin = fd + 1;
  }
  return begin <= last ? real(begin, last, flags) : 0;
}

void close_all_own() {
  for (int fd = 0; fd < kMaxDescriptor; ++fd) {
    if (is_own(fd)) close_own(fd);
  }
}

void remember_bound(int fd, std::uint16_t port) {
  Bound* entry = bound_of(fd);
  if (entry == nullptr) entry = claim_free(fd);
  if (entry == nullptr) return;  // more listeners than any program has: this one gets no sessions
  entry->listening.store(false, std::memory_order_relaxed);
  entry->asked.store(port, std::memory_order_relaxed);
  entry->real.store(real_port_of(fd), std::memory_order_relaxed);
}

void remember_listening(int fd) {
  if (bound_of(fd) == nullptr) remember_bound(fd, 0);
  Bound* entry = bound_of(fd);
  if (entry != nullptr) entry->listening.store(true, std::memory_order_release);
}

void find_real_port_again(int fd) {
  Bound* entry = bound_of(fd);
  if (entry != nullptr) entry->real.store(real_port_of(fd), std::memory_order_relaxed);
}

void forget_descriptor(int fd) {
  if (fd < 0) return;
  Bound* entry = bound_of(fd);
  if (entry == nullptr) return;
  entry->listening.store(false, std::memory_order_relaxed);
  entry->fd.store(-1, std::memory_order_release);
}

void send_at_once(int fd) {
  constexpr char kUnpaced[] = "reno";  // the one that every kernel has and everybody may choose
  ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kUnpaced, sizeof kUnpaced - 1);
}

std::uint16_t asked_port(int fd) {
  const Bound* entry = bound_of(fd);
  return entry == nullptr ? std::uint16_t{0} : entry->asked.load(std::memory_order_relaxed);
}

std::uint16_t asked_port_of_real(std::uint16_t real_port) {
  for (const Bound& entry : bound) {
    if (entry.fd.load(std::memory_order_relaxed) >= 0 && real_port != 0 &&
        entry.real.load(std::memory_order_relaxed) == real_port) {
      return entry.asked.load(std::memory_order_relaxed);
    }
  }
  return 0;
}

int listener_for(std::uint16_t port) {
  int first = -1;
  for (const Bound& entry : bound) {
    const int fd = entry.fd.load(std::memory_order_acquire);
    if (fd < 0 || !entry.listening.load(std::memory_order_acquire)) continue;
    if (port != 0 && entry.asked.load(std::memory_order_relaxed) == port) return fd;
    if (first < 0) first = fd;
  }
  return first;
}

}  // namespace crashreel::player
