#include "harness/player/descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/place.h"

namespace crashreel::player {
namespace {

constexpr int kMaxDescriptor = 65536;
// High enough to be out of the way, low enough that the table stays small.
constexpr rlim_t kHighestBase = 2048;

enum class Owner : std::uint8_t { kProgram = 0, kPlayer = 1 };
std::atomic<Owner> owners[kMaxDescriptor];
int high_base = 0;

// All zero, as it lies in the library: it costs no page before it is used.
struct Bound {
  std::atomic<int> number{0};  // the descriptor's, and one more
  std::atomic<std::uint32_t> place{kAnyPlace};
  std::atomic<std::uint32_t> real{kAnyPlace};
  std::atomic<bool> open{false};
  AskedName asked{};  // written before `place`
};
constexpr int kMaxBound = 64;
constinit Bound bound[kMaxBound] = {};

// -1: nobody's.
int fd_of(const Bound& entry) {
  return entry.number.load(std::memory_order_acquire) - 1;
}

Bound* bound_of(int fd) {
  for (Bound& entry : bound) {
    if (fd >= 0 && fd_of(entry) == fd) return &entry;
  }
  return nullptr;
}

Bound* claim_free(int fd) {
  for (Bound& entry : bound) {
    int free = 0;
    if (entry.number.compare_exchange_strong(free, fd + 1)) return &entry;
  }
  return nullptr;
}

std::uint32_t real_place_of(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (CRASHREEL_REAL(getsockname)(fd, name, &size) != 0) return kAnyPlace;
  return place_of(name, size, has_datagrams(fd));
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
  close_all_own_but(-1, -1);
}

void close_all_own_but(int one, int other) {
  for (int fd = 0; fd < kMaxDescriptor; ++fd) {
    if (is_own(fd) && fd != one && fd != other) close_own(fd);
  }
}

void remember_bound(int fd, const AskedName& asked) {
  Bound* entry = bound_of(fd);
  if (entry == nullptr) entry = claim_free(fd);
  if (entry == nullptr) return;  // more listeners than any program has: this one gets no sessions
  const bool datagrams = has_datagrams(fd);
  entry->asked = asked;
  const auto* name = reinterpret_cast<const sockaddr*>(&entry->asked.address);
  const std::uint32_t place = place_of(name, asked.size, datagrams);
  entry->real.store(real_place_of(fd), std::memory_order_relaxed);
  entry->place.store(place, std::memory_order_release);
  entry->open.store(is_for_datagrams(place), std::memory_order_release);
}

void remember_listening(int fd) {
  if (bound_of(fd) == nullptr) remember_bound(fd, {});
  Bound* entry = bound_of(fd);
  if (entry != nullptr) entry->open.store(true, std::memory_order_release);
}

void find_real_name_again(int fd) {
  Bound* entry = bound_of(fd);
  if (entry != nullptr) entry->real.store(real_place_of(fd), std::memory_order_relaxed);
}

void forget_descriptor(int fd) {
  if (fd < 0) return;
  Bound* entry = bound_of(fd);
  if (entry == nullptr) return;
  entry->open.store(false, std::memory_order_relaxed);
  entry->number.store(0, std::memory_order_release);
}

void send_at_once(int fd) {
  constexpr char kUnpaced[] = "reno";  // the one that every kernel has and everybody may choose
  constexpr int kYes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kUnpaced, sizeof kUnpaced - 1);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kYes, sizeof kYes);
}

const AskedName* asked_name_of(const sockaddr* real, socklen_t size) {
  for (const bool datagrams : {false, true}) {
    const std::uint32_t place = place_of(real, size, datagrams);
    for (const Bound& entry : bound) {
      const bool same = fd_of(entry) >= 0 && place != kAnyPlace &&
                        entry.real.load(std::memory_order_relaxed) == place;
      if (same && entry.place.load(std::memory_order_acquire) != kAnyPlace) return &entry.asked;
    }
  }
  return nullptr;
}

bool is_asked_path(const char* path) {
  return socket_at(place_of_path(path, ::strlen(path))) >= 0;
}

std::uint32_t place_of(const sockaddr* address, socklen_t size, bool has_datagrams) {
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto* name = reinterpret_cast<const sockaddr_in*>(address);
    return place_of_port(ntohs(name->sin_port), has_datagrams);
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto* name = reinterpret_cast<const sockaddr_in6*>(address);
    return place_of_port(ntohs(name->sin6_port), has_datagrams);
  }
  constexpr socklen_t kNameAt = offsetof(sockaddr_un, sun_path);
  if (address->sa_family != AF_UNIX || size <= kNameAt) return kAnyPlace;
  sockaddr_un name = {};
  ::memcpy(&name, address, size < sizeof name ? size : sizeof name);
  const bool is_abstract = name.sun_path[0] == 0;
  const std::size_t most = (size < sizeof name ? size : sizeof name) - kNameAt;
  if (is_abstract) name.sun_path[0] = '@';
  return place_of_path(name.sun_path, is_abstract ? most : ::strnlen(name.sun_path, most));
}

bool has_datagrams(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

int listener_for(std::uint32_t place) {
  int first = -1;
  for (const Bound& entry : bound) {
    const int fd = fd_of(entry);
    if (fd < 0 || !entry.open.load(std::memory_order_acquire)) continue;
    const std::uint32_t asked = entry.place.load(std::memory_order_relaxed);
    if (place != kAnyPlace && asked == place) return fd;
    if (first < 0 && is_for_datagrams(asked) == is_for_datagrams(place)) first = fd;
  }
  return first;
}

int socket_at(std::uint32_t place) {
  if (place == kAnyPlace) return -1;
  for (const Bound& entry : bound) {
    const int fd = fd_of(entry);
    if (fd >= 0 && entry.place.load(std::memory_order_relaxed) == place) return fd;
  }
  return -1;
}

bool is_open_to_sessions() {
  return listener_for(kAnyPlace) >= 0 || listener_for(kDatagramPlaces) >= 0;
}

}  // namespace crashreel::player
