// Which random bytes did production draw with which input in hand?
//
// Made once of a reel; then each sequence of its inputs finds those of its own steps. A reel says
// with each draw which session the thread had served last (FORMAT.md): the draw belongs to that
// session's newest input, without a session to the newest of all, before any input to the start.
#pragma once

#include <string>
#include <unordered_map>

#include "capture/reel/reel.h"

namespace crashreel {

// By input; null: before the first.
using DrawnByInput = std::unordered_map<const Input*, std::string>;

DrawnByInput drawn_by_input(const Reel& reel);

}  // namespace crashreel
