// Which of the inputs that a ring holds belong into the reel, and why?
//
// Looks at the inputs of chunks and copies together, from the newest to the oldest, once, and keeps
// rules instead of a list: where the prelude ends, where the tail begins, and of what lies between
// these the few that are kept. It refuses to number them and to read their payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/whole_inputs.h"

namespace crashreel {

struct Bounds {
  std::uint64_t keep_inputs = 0;  // in the narrow sense (counts_as_input); 0: no bound
  std::uint64_t keep_age_ns = 0;  // before the end; 0: no bound
  std::uint64_t end_ns = 0;       // since the program's start; 0: when the newest input came
};

// An input that is kept although it is older than the tail.
struct Between {
  Position at;
  Place place = Place::kHead;
  // From where on nothing is missing: how many inputs before the end it stands, itself counted.
  std::optional<std::uint64_t> before_end;
  // Where the copy is all there is.
  std::optional<RingCopy> copy;
};

struct Selection {
  // Inputs of chunks with earlier stamps are the prelude.
  std::uint64_t pool_earliest = 0;
  std::vector<Between> between;  // in order, none older than the prelude
  Position tail_begin;  // of the first input of the tail; where there is none, the greatest

  std::uint64_t prelude = 0;
  std::uint64_t sparse_part = 0;  // inputs of chunks between prelude and horizon, kept or not
  std::uint64_t complete = 0;     // inputs from where on nothing is missing
  std::uint64_t tail = 0;         // those of them that are the tail
  std::uint64_t counted = 0;      // of all that are kept, in the narrow sense

  std::uint64_t sparse = 0;   // left out: at or below the horizon, so there are gaps around it
  std::uint64_t trimmed = 0;  // left out: more than the newest that were asked for
  std::uint64_t aged = 0;     // left out: older than was asked for
  std::uint64_t cut = 0;      // kept, but their payload is not whole
  // Kept ones that the chunks have not.
  std::uint64_t rescued = 0;
  std::uint64_t rescued_bytes = 0;

  // Kept openings of sessions that others began.
  bool opens_stdin = false;
  bool opens_others = false;
};

// Takes all inputs.
Selection select(NewestFirst& inputs, const ChunkTable& table, std::vector<RingCopy> copies,
                 const RingTime& time, const Bounds& bounds);

}  // namespace crashreel
