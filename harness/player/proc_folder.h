// What numbers are there in a folder of /proc: descriptors, tasks. By system calls; no allocation.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "harness/player/kernel_call.h"

namespace crashreel::player {

// getdents64(2).
struct FolderEntry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t size;
  std::uint8_t type;
  char name[1];
};
inline constexpr std::size_t kEntryNameAt = 19;

// Calls `each` with every number, and with that of the descriptor that serves to look. False: there
// is no telling, or `each` said so.
template <typename Each>
bool for_each_number(const char* path, Each each) {
  const auto folder =
      static_cast<int>(own_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  alignas(FolderEntry) char buffer[4096];
  bool good = folder >= 0;
  while (good) {
    const long got = own_syscall(SYS_getdents64, folder, buffer, sizeof buffer);
    good = got >= 0;
    if (got <= 0) break;
    for (long at = 0; at < got && good;) {
      const auto* entry = reinterpret_cast<const FolderEntry*>(buffer + at);
      const char* name = buffer + at + kEntryNameAt;
      at += entry->size;
      const int number = *name == '.' ? -1 : static_cast<int>(::strtol(name, nullptr, 10));
      if (number >= 0) good = each(number, folder);
    }
  }
  if (folder >= 0) own_syscall(SYS_close, folder);
  return good;
}

}  // namespace crashreel::player
