// Who serves each descriptor of the program's, and what is lent to it? For the parts of the bypass.
//
// Under the scheduler's lock, but where something else is said.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harness/player/idle.h"

namespace crashreel::player {

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
extern Lane lanes[kMostLanes];

constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDNORM;
constexpr std::uint32_t kWritable = EPOLLOUT | EPOLLWRNORM;

// What is lent and not read, mostly one.
extern std::atomic<int> lent_count;
inline int count_of_lent() {  // any thread
  return lent_count.load(std::memory_order_relaxed);
}
int lent_at(int index);
void remove_lent(int fd);
// To the kernel, with what is lent.
void leave(int fd);

inline Lane* lane_of(int fd) {
  return fd >= 0 && fd < kMostLanes ? &lanes[fd] : nullptr;
}

// Any thread.
Lane* served_by_us(int fd);

template <typename Operation>
void locked(Operation operation) {
  do_locked([](void* raw) { (*static_cast<Operation*>(raw))(); }, &operation);
}

}  // namespace crashreel::player
