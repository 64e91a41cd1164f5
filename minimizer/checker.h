// Is it true that none of these items can go?
//
// A second opinion on a result that claims to be 1-minimal. It shares nothing with the search that
// made it: no cache, no asker, no inference, a fresh oracle of the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "minimizer/oracle.h"

namespace crashreel {

struct MinimalityCheck {
  bool reproduces = false;                   // the kept items themselves bring the crash
  bool one_minimal = false;                  // and without any single one of them it doesn't come
  std::optional<std::uint32_t> superfluous;  // the first item that can go, if one can
  std::uint64_t runs = 0;                    // of the oracle
};

// `kept` must be strictly rising positions in `items`. The questions are independent and go through
// ask_all, so that workers can serve them. `votes`: how often a flaky crash may fail to come before
// that is believed.
MinimalityCheck check_one_minimal(std::span<const Item> items, const Choice& kept, Oracle& oracle,
                                  std::uint32_t votes = 1);

}  // namespace crashreel
