// What is the signature of a crash, and how is it said?
//
// The kind of crash and its stack, made from what a dead instance's player wrote down. When two of
// them are the same is likeness.h's.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/reel/reel.h"
#include "harness/player/script.h"

namespace crashreel {

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
