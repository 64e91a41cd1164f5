// What does a running program hold that brings it input past the recorder?
//
// Seen from outside, in /proc: descriptors that no recorded call reads, memory that others may
// write to, and child processes. What can't be read (another user's process) is not found,
// so an empty answer proves nothing; what is found is there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace crashreel {

// One way in, in as many places as `count` says.
struct Unrecorded {
  std::string what;    // "io_uring"
  std::string where;   // the first of them: a path, a kind of socket; may be empty
  std::string remark;  // what that means for a replay
  std::uint64_t count = 1;
};

struct ProcessLook {
  std::uint32_t children = 0;     // processes that it started and that live
  std::uint32_t connections = 0;  // established over TCP
  std::vector<Unrecorded> unrecorded;
};

ProcessLook look_at(pid_t process, const std::string& ring_path);

// The rules alone. `link` is what /proc/PID/fd/N is; `line` is one of /proc/PID/maps.
std::optional<Unrecorded> unrecorded_descriptor(const std::string& link);
std::optional<Unrecorded> unrecorded_mapping(const std::string& line, const std::string& ring_path);

}  // namespace crashreel
