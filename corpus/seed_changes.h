// What can be done to a seed, in terms of inputs and sessions?
//
// One step each. None knows what came before, and none can make anything but a seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "corpus/draw.h"
#include "corpus/known_inputs.h"
#include "corpus/parted_seed.h"

namespace crashreel {

enum class SeedChange : unsigned {
  kDuplicate,       // an input comes twice, the second time anywhere
  kDrop,            // some neighbours are left out
  kSwap,            // two inputs change places
  kMove,            // an input comes elsewhere
  kRepeat,          // some neighbours come several times
  kGive,            // an input comes in another session
  kSpliceSessions,  // two sessions become one
  kSplitSession,    // from some input on, a session is another one
  kOpenOrClose,     // a session is opened or closed somewhere
  kGap,             // more, less, or no time passes
  kBytes,           // an input's bytes become what the fuzzer makes of them
  kKnownInput,      // an input that some seed has brought comes in
  kKnownBytes,      // or takes the place of another one's bytes
  kCutInTwo,        // an input comes in two reads
  kJoin,            // an input and the next one of its session come in one read
};
inline constexpr unsigned kSeedChanges = static_cast<unsigned>(SeedChange::kJoin) + 1;

// What a fuzzer does to bytes, as libFuzzer's LLVMFuzzerMutate: returns the new size, at most
// `most`, which is not 0.
using MutateBytes = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t most);

struct ChangeScene {
  PartedSeed& seed;
  const KnownInputs& known;
  MutateBytes mutate_bytes;  // null: a byte is changed
  std::size_t most;          // bytes that the seed may have
  Draw& draw;
};

// False: the seed has nothing to do it to, and is as it was.
bool apply(SeedChange change, ChangeScene& scene);

}  // namespace crashreel
