// Which files did the program read before anybody spoke to it?
//
// Small regular files that it opened for reading before its first session are its configuration;
// their content goes into the ring, so that a replay can start from the same. What belongs to the
// machine rather than to the program is left out, and so is what holds a private key. Never changes
// errno, the file's offset, or the program's descriptors.
#pragma once

#include <cstddef>

namespace crashreel {

inline constexpr std::size_t kMostConfigFileBytes = 64 << 10;
inline constexpr std::size_t kMostConfigBytesTogether = 256 << 10;
inline constexpr std::size_t kMostConfigFiles = 64;

// Call once, before the program's own code runs.
void begin_config_files();

// The program opened `path` with these open() flags as `fd`.
void file_opened(int fd, const char* path, int flags);

// Is this a path of the machine's own (libraries, devices, name service, key store)?
bool belongs_to_machine(const char* path);

}  // namespace crashreel
