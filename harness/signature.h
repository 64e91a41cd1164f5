// Where is "the same crash" decided?
//
// Here. A signature is the kind of crash and its stack. Within one binary the frames are compared
// exactly, across builds by the names of the top three. A stack that overflowed has no fixed top:
// there the frames of the recursion are compared as a set.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/reel/reel.h"
#include "harness/player/script.h"

namespace crashreel {

struct SameCrash {
  bool same = false;
  std::string reason;  // one line: what agreed, or the first thing that did not
};

SameCrash compare(const Signature& expected, const Signature& seen);

// So many frames from the top must agree within one binary; the others are there to be read.
std::size_t frames_that_count(const Signature& signature);

// From what the player wrote down; the process is gone. Reads the mapped files for their build ids.
// The program's own frames carry the name it was started under (the last part of argv[0]), not that
// of a link's target.
Signature signature_of(const ScriptCrash& crash, const std::string& executable,
                       const std::string& name);

// The file that a frame's module was mapped from, as far as a signature made by this process told;
// else empty.
std::string file_of(const Frame& frame);

// "SIGSEGV in call+0x234 < processCommand+0x98d < ...": at most so many frames.
std::string describe(const Signature& signature, std::size_t frames = 3);

// "server+0x6e854", or the function's name where it is known.
std::string describe(const Frame& frame);

std::string signal_name(int signal);  // "SIGSEGV"; "signal 77" for unnamed ones

}  // namespace crashreel
