// A seed taken apart into its inputs, to be changed and written again.
//
// Payloads are views: of the seed that was read, and of bytes that were kept here. Changing is
// moving parts about; nothing of a payload is copied until it is written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

struct Part {
  std::uint32_t kind = 0;
  std::uint32_t session = kNoSession;  // any number: write() gives out new ones
  std::uint64_t gap_ns = 0;
  std::string_view data;  // plain
};

class PartedSeed {
 public:
  PartedSeed() = default;
  PartedSeed(const PartedSeed&) = delete;
  PartedSeed& operator=(const PartedSeed&) = delete;

  // In the place of what was here. The bytes must stay until the parts were written.
  void read(std::string_view seed);

  // The parts as a seed, in the place of what is in `seed`; from the first on that would make it
  // longer than `most` bytes they are left out.
  void write(std::string& seed, std::size_t most);

  // Room for bytes that a part's data can be; until the next read().
  char* room(std::size_t size);
  std::string_view keep(std::string_view bytes);

  // A session number that no part has.
  std::uint32_t next_session() const;

  std::vector<Part> parts;

 private:
  std::array<std::byte, 16 << 10> first_block_;
  std::pmr::monotonic_buffer_resource memory_{first_block_.data(), first_block_.size()};
  std::vector<std::uint32_t> numbers_;  // by a part's session: what write() gives it
};

}  // namespace crashreel
