// Where can a test let the kernel kill a process for its memory, and nobody else?
//
// In a memory cgroup of the test's own, with a limit: of version 1 where its hierarchy is mounted,
// else of version 2. Needs root, on most machines.
#pragma once

#include <cstdint>
#include <string>

#include "capture/base/result.h"

namespace crashreel {

class MemoryCgroup {
 public:
  // The error says why there is none to be had here.
  static Result<MemoryCgroup> make(std::uint64_t limit_bytes);

  MemoryCgroup(MemoryCgroup&& other) noexcept;
  MemoryCgroup& operator=(MemoryCgroup&&) = delete;
  ~MemoryCgroup();

  // A process joins by writing its number into cgroup.procs there.
  const std::string& folder() const { return folder_; }
  const char* version() const { return version_; }

 private:
  MemoryCgroup(std::string folder, const char* version)
      : folder_(std::move(folder)), version_(version) {}

  std::string folder_;
  const char* version_;
};

}  // namespace crashreel
