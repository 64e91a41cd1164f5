// How does an input that the pool has become a copy beside it?
//
// The same for heads and for pins, which choose the place (RING.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel::ring {

// An input that has just been recorded in the pool, with this stamp and by this slot.
struct Recorded {
  std::uint32_t kind;
  std::uint32_t session;
  const void* bytes;
  std::size_t size;
  std::uint64_t stamp;
  std::uint32_t slot;
  std::uint32_t pid;
  std::uint32_t tid;
};

// What the input takes as a copy, and how it is put there. `to` has the room.
std::uint64_t copy_bytes_of(const Recorded& input);
void write_copy(unsigned char* to, const Recorded& input);

}  // namespace crashreel::ring
