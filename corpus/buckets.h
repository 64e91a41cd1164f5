// Which of these crashes are the same bug?
//
// Asked of crashes from many machines and builds, where harness/likeness.h asks whether one replay
// brought the one crash that is sought. Two crashes are the same bug when they are of one kind and
// the same frames stand on top: the innermost three of the program's own (a thousand bugs die in
// abort() or memcpy(); telling_functions.h). Frames of one build agree by their offsets; of another
// build by the names of their functions, inlined ones among them, unless that build itself has
// several crashes under these names, for then names do not tell which. An overflowed stack is known
// by the functions of its recursion. Crashes without a stack are one bucket for each kind and
// program: nothing tells them apart. Reads no files.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "corpus/index.h"

namespace crashreel {

// So many frames of the program's own must agree.
inline constexpr std::size_t kBucketFrames = 3;

struct Bucket {
  // Places in what was given: those that are there, the smallest reproducer first (inputs, then
  // bytes, then name), then those that were removed.
  std::vector<std::size_t> members;
  std::size_t removed = 0;  // of the members
};

// Of those that have a crash. Buckets with most members first, then by the name of their first.
// Time and memory are linear in the frames.
std::vector<Bucket> buckets_of(std::span<const SeedFacts> seeds);

}  // namespace crashreel
