// What does a refused system call become? An Error that names what was tried and the kernel's
// reason.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "capture/base/result.h"

namespace crashreel {

// Of the call that has just failed: "fork server: pidfd_open: Operation not permitted".
inline Error errno_error(const std::string& what, const std::string& next_step = {}) {
  const char* reason = std::strerror(errno);
  return {Trouble::kEnvironment,
          what + ": " + reason + (next_step.empty() ? "" : "; " + next_step)};
}

}  // namespace crashreel
