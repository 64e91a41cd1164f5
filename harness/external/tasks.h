// Is an instance at rest?
//
// Seen from outside, in /proc: every task of every process below the keeper. One look is no
// snapshot, for while the second task is looked at the first may have gone on. Two looks in a row
// are one: who waited in both, and has not had the processor in between (schedstat counts it in
// nanoseconds), has waited all the time. So there was a moment between the two at which nobody ran;
// and nobody runs after it, unless a timer, or somebody outside, wakes one of them.
//
// Who has not run has made nobody: children are looked for where somebody has.
//
// Knows numbers of processes as /proc here has them, and nothing of what they wait for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "capture/base/owned_fd.h"

namespace crashreel {

struct TaskSeen {
  pid_t process = 0;
  pid_t task = 0;
  char state = 0;  // as proc(5) has it: R runs, S waits, D for a disk, t: for whoever traces it
  std::uint64_t ran_ns = 0;

  bool waits() const { return state == 'S' || state == 'T'; }
  bool is_gone() const { return state == 'Z' || state == 'X'; }
  bool operator==(const TaskSeen&) const = default;
};

class TaskWatch {
 public:
  // All processes that have this one above them, without it.
  explicit TaskWatch(pid_t keeper);

  // Looks once more.
  void look();
  // Of the last look, by process; those that are gone and not yet collected among them.
  const std::vector<TaskSeen>& seen() const { return seen_; }
  // In the last look somebody is there, and nobody runs.
  bool all_wait() const { return all_wait_; }
  // The last two looks make one rest.
  bool at_rest() const { return at_rest_; }
  // Somebody is new, has stopped or is gone.
  bool has_news() const { return has_news_; }

 private:
  // What is read at each look stays open.
  struct Task {
    OwnedFd stat;
    OwnedFd schedstat;
    OwnedFd children;
    std::uint64_t ran_ns = UINT64_MAX;  // when its children were read
  };
  struct Process {
    std::map<pid_t, Task> tasks;
    std::uint64_t task_count = 0;  // as its stat has it; 0: they are to be listed
  };

  void look_at(pid_t number, Process& process);
  // False: it is no more.
  bool look_at(pid_t number, pid_t task, Task& files, std::uint64_t& task_count);
  static void list_tasks(pid_t number, Process& process);
  void add_children(const OwnedFd& file);

  OwnedFd keepers_children_;
  std::map<pid_t, Process> processes_;
  std::vector<TaskSeen> seen_;
  std::vector<TaskSeen> before_;
  bool all_wait_ = false;
  bool at_rest_ = false;
  bool has_news_ = false;
};

// Without that nothing here can be told.
bool kernel_counts_run_time();

// Does this task wait in a call that a time-out ends? Of one that may not be looked at, or does not
// wait in a call, it is not known: true.
bool waits_for_time(pid_t process, pid_t task);

// Has this process a timer that is a descriptor, and goes? (Of other timers nothing is to be seen.)
bool has_set_timer(pid_t process);

}  // namespace crashreel
