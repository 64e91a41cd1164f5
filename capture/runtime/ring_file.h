// Where does the ring's file come from, without harm to the program and the machine?
//
// Everything that a ring takes is taken here, at once or not at all. No signal comes of it, and no
// other file is touched. Inside the library only.
#pragma once

#include <cstdint>

namespace crashreel::ring {

// Makes the file at `path`, which must not exist, and maps it, all pages present, so that recording
// never faults, never meets a full disk and never grows the memory of the process behind its back.
// 0 or errno; on failure nothing is left behind.
int map_new_file(const char* path, std::uint64_t bytes, unsigned char** base);

// `wanted`, halved as often as it takes to fit into half of what is free where `path` is to be, but
// not below kMinUnaskedBytes. For a size that nobody asked for: it must not take what the program
// itself needs there. A container's /dev/shm has 64 MiB in all.
inline constexpr std::uint64_t kMinUnaskedBytes = 1 << 20;
std::uint64_t modest_size(const char* path, std::uint64_t wanted);

}  // namespace crashreel::ring
