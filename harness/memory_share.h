// How much memory would be free without this process?
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace crashreel {

// Bytes that are the process's alone, and its share of those that it has in common with others,
// as copies have most of theirs; files that it maps don't count. 0: the kernel does not tell.
std::uint64_t memory_share(pid_t pid);

}  // namespace crashreel
