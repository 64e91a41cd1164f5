// How is a seed written, input by input? (SEED.md)
//
// The reader's counterpart: what is added comes out of a SeedReader as it was, but for the first
// input's gap, which is 0, and for gaps that together are more than 2^64 - 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/seed_reader.h"

namespace crashreel {

class SeedWriter {
 public:
  // Writes behind what `out` holds, which should be nothing; it outlives the writer.
  explicit SeedWriter(std::string& out) : out_(out) {}

  // `kind` is 1 to 7; `session` is kNoSession, one that was added before, or the next number;
  // `data` is the payload itself.
  void add(std::uint32_t kind, std::uint32_t session, std::uint64_t gap_ns, std::string_view data);

 private:
  SessionChoice choose(std::uint32_t session);

  std::string& out_;
  SeedSessions sessions_;
  std::uint64_t time_ns_ = 0;
  bool is_first_ = true;
};

}  // namespace crashreel
