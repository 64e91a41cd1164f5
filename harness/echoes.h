// Which inputs repeat what production answered, and the replay never did?
//
// A client was given something that chance or the clock made (the name of a session, a ticket, a
// cookie) and said it again later. A replay that makes another one does not know what that is. The
// answers of production are gone but for their digests; so two replays, of other chance and date,
// show where answers hold something made, and a later input that has something of the same length
// and alphabet, which no answer of the replay has, may be the echo. It is one
// - for certain, where the replay's answer with the input's word in it has production's digest; or
// - very likely, where no such digest is known, and the same name stands before both ("sid=...").
// Less is not told: that two clients write dates or sums of the same length means nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "harness/divergence.h"

namespace crashreel {

struct Echo {
  const Input* by = nullptr;      // the first input that repeats a word of production's
  const Input* issued = nullptr;  // what was answered by that word
  std::string_view word;          // within `by`
  bool is_certain = false;        // production's digest says so
  std::size_t words = 0;          // so many are repeated in all
};

// All of one reel and by seq; both replays with the bytes of their answers, and `again` varied.
// None: nothing is repeated, or it can't be told.
std::optional<Echo> find_echoes(const Reel& reel, std::span<const RecordedAnswer> recorded,
                                std::span<const ReplayedAnswer> replayed,
                                std::span<const ReplayedAnswer> again);

}  // namespace crashreel
