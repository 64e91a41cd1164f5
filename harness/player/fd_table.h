// What is known of a few of the program's descriptors, found by their numbers.
//
// To be declared constinit: then the memory is zero until somebody is noted, and nobody looks
// beyond the last one who ever was: in a program of which there is nothing to note the table costs
// no page and a look at it no time. (A fault costs more than all that is looked for here.) Any
// thread; libc only.
#pragma once

#include <atomic>

namespace crashreel::player {

template <typename Value, int kMost>
class FdTable {
 public:
  // The first of whom is_it(fd, value) says so; nullptr: none.
  template <typename IsIt>
  const Value* find_if(IsIt is_it) const {
    const int end = end_.load(std::memory_order_acquire);
    for (int i = 0; i < end; ++i) {
      const int number = entries_[i].number.load(std::memory_order_acquire);
      if (number > 0 && is_it(number - 1, entries_[i].value)) return &entries_[i].value;
    }
    return nullptr;
  }

  const Value* find(int fd) const {
    return find_if([fd](int noted, const Value&) { return noted == fd; });
  }

  // Where there is no room it is not noted.
  void note(int fd, const Value& value) {
    for (int i = 0; i < kMost; ++i) {
      int free = kFree;
      if (!entries_[i].number.compare_exchange_strong(free, kBeingWritten)) continue;
      int end = end_.load(std::memory_order_relaxed);
      while (end <= i && !end_.compare_exchange_weak(end, i + 1, std::memory_order_release)) {
      }
      entries_[i].value = value;
      entries_[i].number.store(fd + 1, std::memory_order_release);
      return;
    }
  }

  void forget(int fd) {
    if (fd < 0) return;
    const int end = end_.load(std::memory_order_acquire);
    for (int i = 0; i < end; ++i) {
      int number = fd + 1;
      entries_[i].number.compare_exchange_strong(number, kFree);
    }
  }

 private:
  static constexpr int kFree = 0;
  static constexpr int kBeingWritten = -1;

  struct Entry {
    std::atomic<int> number{kFree};  // the descriptor's, and one more
    Value value{};
  };
  Entry entries_[kMost] = {};
  std::atomic<int> end_{0};
};

}  // namespace crashreel::player
