// What really happened in a program that was killed?
//
// Pages that the victim and its judge share, written by the victim in its own memory order: `begun`
// before a record, `done` after it. A kill can fall between the two, so the truth is known up to
// one input of each writer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace crashreel {

inline constexpr unsigned kMostThreads = 16;
inline constexpr unsigned kHandlerWriter = kMostThreads;  // thread t's handlers write as this + t
inline constexpr unsigned kWriters = 2 * kMostThreads;

struct alignas(64) WriterTruth {
  volatile std::uint64_t begun;
  volatile std::uint64_t done;
  volatile std::uint64_t begun_bytes;
  volatile std::uint64_t done_bytes;
  volatile std::uint64_t opened;  // number of the opening of its session, plus 1; 0: none is open
  volatile std::uint64_t pin_begun;  // number of what was pinned last, plus 1
  volatile std::uint64_t pin_done;
};

// A moment before a record, by both clocks that a ring may use: its stamp is later.
struct Moment {
  std::uint64_t cycles;
  std::uint64_t ns;
};
inline constexpr std::uint64_t kMoments = 1 << 16;  // the newest of each writer

// Lives in pages that come zeroed, and is never constructed: only what is used is touched.
struct Truth {
  std::atomic<int> recording;
  std::atomic<int> trouble;
  std::array<WriterTruth, kWriters> writers;
  std::array<std::array<Moment, kMoments>, kWriters> before;
};

}  // namespace crashreel
