// Which larger files did the program read before anybody spoke to it, and what was in them?
//
// What is too large to travel with the inputs is named, with its size, its age and a digest, so
// that a replay can tell that it starts from something else. It is a fact of the ring
// (RING.md, "Facts"), and of the reel. Never changes errno, the file's offset, or the program's
// descriptors.
#pragma once

#include <sys/stat.h>

#include <cstddef>

namespace crashreel {

inline constexpr std::size_t kMostDigestedFiles = 64;
inline constexpr std::size_t kMostDigestedFileBytes = 16 << 20;
inline constexpr std::size_t kMostDigestedBytesTogether = 64 << 20;

// The digest is left out where the file is too large to be read. Call with one thread at a time.
void add_large_file(int fd, const char* path, const struct stat& file);

}  // namespace crashreel
