// Which of the inputs that a ring holds belong into the reel, and why?
//
// Chunks and copies together, in the order of their stamps, get one fate each. It refuses to number
// them: where lost ones lay in between is the business of whoever counts the losses (salvage.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/salvage_collect.h"

namespace crashreel {

enum class Fate : std::uint8_t {
  kPrelude,
  kHead,  // older than the tail: one of the first of a session that the tail needs or that is open
  kPinned,  // older than the tail: the newest of its key
  kTail,
  kSparse,    // left out: at or below the horizon, so there are gaps around it
  kTrimmed,   // left out: more than the newest that were asked for
  kAged,      // left out: older than was asked for
  kNotNeeded  // left out: a copy whose session is over
};

struct Found {
  Piece input;
  CopyOf copy = CopyOf::kNothing;  // it has a copy beside the chunks
  bool in_pool = true;             // false: the copy is all there is
};

struct Bounds {
  std::uint64_t keep_inputs = 0;  // in the narrow sense (counts_as_input); 0: no bound
  std::uint64_t keep_age_ns = 0;  // before the end; 0: no bound
  std::uint64_t end_ns = 0;       // since the program's start; 0: when the newest input came
};

struct Selection {
  std::vector<Found> inputs;
  std::vector<Fate> fates;     // of each
  std::size_t complete_begin;  // from here on nothing is missing: the tail before it was bounded
  std::size_t tail_begin;
};

Selection select(Collection& found, std::vector<RingCopy> copies, const RingTime& time,
                 const Bounds& bounds);

}  // namespace crashreel
