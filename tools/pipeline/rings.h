// Which rings lie about, and whose are they?
//
// A ring's process is alive when it has this very file mapped; its number alone says nothing, for
// numbers are given out again. Reads the rings' heads and /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

inline constexpr char kRingFolder[] = "/dev/shm";

struct FoundRing {
  std::string path;
  std::uint32_t pid = 0;  // of the process that made it
  bool alive = false;     // and that process still has it
  std::uint64_t bytes = 0;
  std::uint64_t start_realtime_ns = 0;  // of the program
  std::vector<std::string> argv;

  bool operator==(const FoundRing&) const = default;
};

// All readable rings among the files of this folder, by name. Rings that are not finished, or of
// another version, are passed over.
Result<std::vector<FoundRing>> list_rings(const std::string& folder);

// The ring of this process: the one that it has mapped, whoever made it, so that the number of
// `crashreel record` serves as well as the program's; else the leftover of a process that had this
// number, in kRingFolder. An error says what to do.
Result<std::string> ring_of(pid_t process);

// Does its maker still run, with the ring mapped?
bool is_alive(const std::string& ring_path);

}  // namespace crashreel
