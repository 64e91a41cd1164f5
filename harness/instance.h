// One instance, from its start until nothing of it is left.
//
// Owns its processes and, where it was started alone, its keeper (launch.h) and working directory.
// Knows targets, not scripts: the descriptors to hand over are just descriptors.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/launch.h"
#include "harness/target.h"
#include "harness/working_directory.h"

namespace crashreel {

// How a process ended, as waitid tells it.
struct ProcessEnd {
  bool by_signal = false;
  int code = 0;  // exit status or signal
};

// Whose child a forked instance is: only its parent learns how a process ended.
class InstanceParent {
 public:
  virtual ~InstanceParent() = default;
  // Of its child that has ended. Empty: the parent has ended as well.
  virtual std::optional<ProcessEnd> collect(pid_t child) = 0;
  // Whether the kernel has killed one of those that share its limit to memory since this was asked
  // last.
  virtual bool is_out_of_memory() = 0;
};

// The descriptors that a program gets beside its output; -1: none (/dev/null for stdin).
struct Handed {
  int script_fd = -1;
  int stdin_fd = -1;
  int fork_server_fd = -1;
};

inline constexpr std::size_t kOutputTail = 4096;

class Instance {
 public:
  static Result<Instance> start(const Target& target, const Handed& handed);
  // A process that a fork server has made, and knows by this number, which may be another's here.
  // Takes pid_fd and output_fd; parent outlives it.
  static Instance forked(pid_t number, int pid_fd, int output_fd, InstanceParent& parent);

  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&&) = delete;
  ~Instance();  // kills what still runs and removes the directory

  pid_t pid() const;  // the program's, as /proc has it here
  // Readable when nothing is left of one that was started alone; when a forked one has ended.
  int pid_fd() const { return kept_ ? kept_->keeper.get() : pid_fd_; }

  pid_t number() const { return number_; }
  // Of a forked one, that goes on without us: it has ended so, as far as we are concerned.
  OwnedFd give_back(ProcessEnd end);

  // Has it ended? Collects the status once. Of a forked one whose parent is gone, nobody knows how:
  // is_lost().
  std::optional<ProcessEnd> poll_end();

  bool is_lost() const { return lost_; }

  // Of one that was started alone.
  pid_t keeper_pid() const { return pid_of(kept_->keeper.get()); }
  bool has_own_network() const { return (kept_->parts & kPartNetwork) != 0; }
  Result<OwnedFd> make_socket(int domain, int type, int protocol) {
    return kept_->make_socket(domain, type, protocol);
  }
  void send_signal(int signal);  // to the program

  void kill();

  // How many of its processes the kernel has killed for want of memory; of one that was started
  // alone, with its copies. 0 where nothing limits them.
  std::uint64_t memory_kills() const { return kept_ ? kept_->cgroup.killed_for_memory() : 0; }
  // Did it end so? To be asked once, when it has ended.
  bool ran_out_of_memory();

  // Processor time used so far, in clock ticks; 0 when it can't be told.
  std::uint64_t processor_ticks() const;
  // Does any of its threads run, or would if it got a processor?
  bool wants_processor() const;

  // The last of what it printed, both streams together; at most so many bytes, none of the first
  // `from`.
  std::string output_tail(std::size_t most = kOutputTail, std::uint64_t from = 0) const;

  // Both streams go there, one behind the other.
  int output_fd() const { return output_fd_; }
  // Only of one that was started alone.
  WorkingDirectory& working_directory() { return *directory_; }

  // Non-empty when exec itself failed: the reason.
  std::string exec_error() const;

 private:
  Instance() = default;

  void hear_end();

  pid_t number_ = -1;       // its parent's for it
  mutable pid_t pid_ = -1;  // not asked yet
  int pid_fd_ = -1;         // of a forked one
  int output_fd_ = -1;
  std::optional<WorkingDirectory> directory_;
  std::optional<Kept> kept_;  // before the directory is removed
  std::optional<ProcessEnd> end_;
  int exec_error_ = 0;
  InstanceParent* parent_ = nullptr;  // not us
  bool lost_ = false;
};

}  // namespace crashreel
