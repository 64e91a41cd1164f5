// What does a kMasked input say?
//
// Its data is text: the size of the payload that it speaks of, then for each masked range the
// number of the rule, what was done, where it begins and how long it is: "57 1:mask:5+7
// 3:hash:20+16". It speaks of the record before it in its session, or, without one, of the last
// record without one. The text may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

struct MaskedRange {
  std::uint64_t rule = 0;  // 0: the application's hook
  std::string action;      // "mask", "hash", "drop"
  std::uint64_t begin = 0;
  std::uint64_t size = 0;

  bool operator==(const MaskedRange&) const = default;
};

struct Masks {
  std::uint64_t payload_bytes = 0;
  std::vector<MaskedRange> ranges;  // rising, apart from each other, inside the payload

  bool operator==(const Masks&) const = default;
};

// Nothing where the text does not fit.
std::optional<Masks> parse_masks(std::string_view text);
std::string to_text(const Masks& masks);

// The same for what was made of that payload and has another size: which of its bytes are masked,
// nobody knows any more, so all of them are said to be.
Masks masks_of_all(const Masks& masks, std::uint64_t payload_bytes);

// An input that is masked and the kMasked input that says so: positions among the inputs.
struct MaskedInput {
  std::size_t input = 0;
  std::size_t says = 0;
};

// Those whose masked input is there, by rising `says`. One that was masked twice is there twice.
std::vector<MaskedInput> masked_inputs(std::span<const Input> inputs);

}  // namespace crashreel
