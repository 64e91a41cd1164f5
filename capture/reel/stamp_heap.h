// Which of many records comes next? The heap under both ways through a ring's chunks: from the
// newest record to the oldest, and back. It knows records by their place in the order alone.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace crashreel {

// Names an input: stamps rise strictly within a slot.
struct Position {
  std::uint64_t stamp = 0;
  std::uint32_t slot = 0;

  auto operator<=>(const Position&) const = default;
};

// Of a piece, and whose it is: a number that the user of the heap gives a meaning. In a damaged
// ring several chunks may claim to have the same piece.
struct PiecePosition {
  Position input;
  std::uint64_t begin = 0;  // in the input's payload
  std::uint32_t chunk = 0;
  std::uint32_t owner = 0;
};

// Stamps nearly always decide.
inline bool is_earlier(const PiecePosition& one, const PiecePosition& other) {
  if (one.input.stamp != other.input.stamp) return one.input.stamp < other.input.stamp;
  return std::tie(one.input.slot, one.begin, one.chunk) <
         std::tie(other.input.slot, other.begin, other.chunk);
}

struct Earlier {
  bool operator()(const PiecePosition& one, const PiecePosition& other) const {
    return is_earlier(one, other);
  }
};
struct Later {
  bool operator()(const PiecePosition& one, const PiecePosition& other) const {
    return is_earlier(other, one);
  }
};

// `After(a, b)`: a comes after b. At the front is what comes first.
template <typename After>
class StampHeap {
 public:
  bool empty() const { return heap_.empty(); }
  const PiecePosition& front() const { return heap_.front(); }
  void clear() { heap_.clear(); }
  // Is no other piece of the front's input here? It would stand right below.
  bool front_is_alone() const {
    const std::size_t below = std::min<std::size_t>(heap_.size(), 3);
    for (std::size_t i = 1; i < below; ++i) {
      if (heap_[i].input == heap_[0].input) return false;
    }
    return true;
  }

  void push(PiecePosition position) {
    heap_.push_back(position);
    std::push_heap(heap_.begin(), heap_.end(), After());
  }

  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), After());
    heap_.pop_back();
  }

  // The front's owner goes on to another piece. Most often it stays at the front; it is changed
  // where it lies, for a copy of fields that were just stored makes the CPU wait.
  void move_front(std::uint64_t stamp, std::uint64_t begin) {
    heap_[0].input.stamp = stamp;
    heap_[0].begin = begin;
    std::size_t at = 0;
    for (std::size_t child = 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && After()(heap_[child], heap_[child + 1])) ++child;
      if (!After()(heap_[at], heap_[child])) return;
      std::swap(heap_[at], heap_[child]);
      at = child;
    }
  }

 private:
  std::vector<PiecePosition> heap_;
};

}  // namespace crashreel
