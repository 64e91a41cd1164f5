#include "harness/player/random_devices.h"

#include <atomic>

namespace crashreel::player {
namespace {

constexpr int kMost = 16;
std::atomic<int> count{0};
std::atomic<int> numbers[kMost];  // plus 1; 0: a free place

}  // namespace

void remember_random_device(int fd) {
  for (std::atomic<int>& number : numbers) {
    int none = 0;
    if (!number.compare_exchange_strong(none, fd + 1)) continue;
    count.fetch_add(1, std::memory_order_release);
    return;
  }
}

void forget_random_device(int fd) {
  if (count.load(std::memory_order_acquire) == 0) return;
  for (std::atomic<int>& number : numbers) {
    int known = fd + 1;
    if (number.compare_exchange_strong(known, 0)) count.fetch_sub(1, std::memory_order_release);
  }
}

void forget_random_devices(unsigned first, unsigned last) {
  if (count.load(std::memory_order_acquire) == 0) return;
  for (const std::atomic<int>& number : numbers) {
    const int fd = number.load(std::memory_order_relaxed) - 1;
    if (fd < 0 || static_cast<unsigned>(fd) < first || static_cast<unsigned>(fd) > last) continue;
    forget_random_device(fd);
  }
}

int random_device_copied(int fd, int copy) {
  if (copy < 0 || copy == fd) return copy;
  forget_random_device(copy);
  if (is_random_device(fd)) remember_random_device(copy);
  return copy;
}

bool is_random_device(int fd) {
  if (count.load(std::memory_order_acquire) == 0) return false;
  for (const std::atomic<int>& number : numbers) {
    if (number.load(std::memory_order_relaxed) == fd + 1) return true;
  }
  return false;
}

}  // namespace crashreel::player
