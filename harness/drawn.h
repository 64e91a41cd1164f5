// Which random bytes did production draw with which input in hand?
//
// Made once of a reel; then each sequence of its inputs finds those of its own steps. A reel says
// with each draw which session the thread had served last (FORMAT.md): the draw belongs to that
// session's newest input, without a session to the newest of all, before any input to the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

// Stands for the start.
inline constexpr std::uint64_t kBeforeInputs = UINT64_MAX;

struct Draw {
  std::size_t position = 0;          // in the reel's inputs, of the bytes
  std::uint64_t of = kBeforeInputs;  // seq of the input that was in hand
};

// Rising.
std::vector<Draw> draws_of(const Reel& reel);

// By seq: an input stays the same one when its bytes or its time are changed.
using DrawnByInput = std::unordered_map<std::uint64_t, std::string>;

DrawnByInput drawn_by_input(const Reel& reel);

}  // namespace crashreel
