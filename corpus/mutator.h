// What is a seed's next mutant?
//
// A fuzzer that changes a seed's bytes rarely moves an input, or gives it to another session, as a
// whole. This does: it takes the seed apart, changes it by one to four steps (seed_changes.h), and
// writes it again. What it answers is a function of the seed, the number, and the seeds that it has
// learned from. It refuses to know which fuzzer asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/known_inputs.h"
#include "corpus/parted_seed.h"
#include "corpus/seed_changes.h"

namespace crashreel {

class SeedMutator {
 public:
  explicit SeedMutator(MutateBytes mutate_bytes) : mutate_bytes_(mutate_bytes) {}

  // Its inputs are brought into others from now on.
  void learn(std::string_view seed) { known_.learn(seed); }

  // Changes the seed in data[0, size), which has room for `most` bytes; returns its new size. Any
  // bytes are a seed before, and after it is the shortest of its inputs. It is empty only where
  // `most` is too small for any input.
  std::size_t mutate(std::uint8_t* data, std::size_t size, std::size_t most, std::uint64_t number);

  // The same for one change, told by name. False, and the seed is as it was, where it has nothing
  // to do that to.
  bool mutate_by(SeedChange change, std::string& seed, std::size_t most, std::uint64_t number);

  // A seed of the inputs of two, in out[0, most), their sessions being the same or apart; returns
  // its size.
  std::size_t cross(std::string_view one, std::string_view other, std::uint8_t* out,
                    std::size_t most, std::uint64_t number);

 private:
  bool change_once(Draw& draw, std::size_t most);
  std::size_t put(std::uint8_t* out, std::size_t most);

  MutateBytes mutate_bytes_;
  KnownInputs known_;
  // Kept from call to call, so that a mutant costs no allocation.
  PartedSeed seed_;
  PartedSeed other_;
  std::string written_;
};

}  // namespace crashreel
