// How many processes may an instance have, and how much memory, all together?
//
// Limits that hold for a whole tree of processes, of whatever user, are a cgroup's alone. Of either
// version, where this process may make one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sandbox.h"

namespace crashreel {

class Cgroup {
 public:
  // As many of the limits as can be had; has_...() tell which.
  static Cgroup make(const Limits& limits);

  Cgroup() = default;
  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&& other) noexcept;
  ~Cgroup();  // of no effect where somebody is still in it

  // With all that it will fork. False: it is in none, or not in all of them.
  bool add(pid_t pid) const;

  // Of all that were ever in it, how many the kernel has killed because of its limit to memory.
  std::uint64_t killed_for_memory() const;

  bool limits_processes() const { return limits_processes_; }
  bool limits_memory() const { return limits_memory_; }

 private:
  std::vector<std::string> folders_;
  bool limits_processes_ = false;
  bool limits_memory_ = false;
};

// The folder of the cgroup of this process that counts or limits by this controller, of the first
// version where there is a hierarchy for it, else of the second. Empty: there is neither.
std::string own_cgroup(const std::string& controller);

}  // namespace crashreel
