// Where is "the same crash" decided?
//
// Here. Within one binary the frames are compared exactly, but for how deep a recursion went;
// across builds the names of the top three functions of the program's own (telling_functions.h). A
// stack that overflowed has no fixed top: there the frames of the recursion are compared as a set.
//
// A signal is no identity: one cause can show in several ways (a broken heap as SIGSEGV or as the
// allocator's abort, a wrong number in two assertions), and several causes at one place. What
// agrees in a part alone is similar: a fact to look at, never taken for the same. Knows no
// processes and reads no files.
#pragma once

#include <cstddef>
#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

enum class Likeness { kDifferent, kSimilar, kSame };

const char* name_of(Likeness likeness);  // "different", "similar", "same"

struct Comparison {
  Likeness likeness = Likeness::kDifferent;
  std::string reason;  // one line: what agreed, or the first thing that did not

  bool same() const { return likeness == Likeness::kSame; }
};

// Names are compared where frames have them (Frame::symbol); none are looked up. Without names
// nothing of one build is similar, and nothing of another one the same.
Comparison compare(const Signature& expected, const Signature& seen);

// So many frames from the top must agree within one binary; the others are there to be read.
std::size_t frames_that_count(const Signature& signature);

}  // namespace crashreel
