// One fresh process, from its start until nothing of it is left.
//
// Owns the process, its process group and its working directory. Knows targets, not scripts: the
// descriptor to hand over is just a descriptor.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "capture/base/result.h"
#include "harness/target.h"

namespace crashreel {

// How a process ended, as waitid tells it.
struct ProcessEnd {
  bool by_signal = false;
  int code = 0;  // exit status or signal
};

class Instance {
 public:
  // script_fd is handed to the player; stdin_fd becomes the standard input (-1: /dev/null).
  static Result<Instance> start(const Target& target, int script_fd, int stdin_fd);

  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&&) = delete;
  ~Instance();  // kills what still runs and removes the directory

  int pid_fd() const { return pid_fd_; }

  // Has it ended? Collects the status once.
  std::optional<ProcessEnd> poll_end();

  void kill();

  // Processor time used so far, in clock ticks; 0 when it can't be told.
  std::uint64_t processor_ticks() const;
  // Does any of its threads run, or would if it got a processor?
  bool wants_processor() const;

  // The last of what it printed, both streams together.
  std::string output_tail() const;

  // Non-empty when exec itself failed: the reason.
  std::string exec_error() const;

 private:
  Instance() = default;

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int output_fd_ = -1;
  int exec_error_fd_ = -1;
  std::string directory_;
  std::optional<ProcessEnd> end_;
};

}  // namespace crashreel
