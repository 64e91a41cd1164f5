#include "harness/player/handover.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/crash.h"
#include "harness/player/descriptors.h"
#include "harness/player/fork_point.h"
#include "harness/player/idle.h"
#include "harness/player/kernel_call.h"
#include "harness/player/process_number.h"

namespace crashreel::player {
namespace {

struct Child {
  pid_t pid;
  int wake_fd;
};
constexpr int kMaxChildren = 64;  // of more, the others are left to themselves

ScriptHeader* script = nullptr;
Child children[kMaxChildren];
int child_count = 0;
int next_wake_fd = -1;   // of the child that is about to be forked; -1: it may not be fed
int first_wake_fd = -1;  // in a child: wakes the process that forked it
bool aside = false;
bool has_handed_over = false;

bool is_alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

void wake(int fd) {
  const std::uint64_t one = 1;
  if (fd >= 0) own_syscall(SYS_write, fd, &one, sizeof one);
}

}  // namespace

void prepare_handover(ScriptHeader* given) {
  script = given;
}

void before_fork() {
  // What was fed has ended without a word, by exit(), and is being replaced.
  if (has_handed_over && !is_alive(static_cast<pid_t>(script->fed.load()))) {
    own_syscall(SYS_exit_group, 0);
  }
  next_wake_fd = -1;
  const bool first = script != nullptr && scheduling() && !aside && !has_handed_over;
  if (!first) return;
  if (script->performed.load() != 0) {
    if (!is_only_thread() || !expect_attendant(own_wake_fd())) script->unwatched.fetch_add(1);
    return;
  }
  if (!is_only_thread()) return;
  if (child_count < kMaxChildren) {
    next_wake_fd = move_out_of_sight(::eventfd(0, EFD_CLOEXEC));
    first_wake_fd = own_wake_fd();
  }
}

void after_fork(pid_t child) {
  if (child != 0) take_attendant(child);
  if (next_wake_fd < 0) return;
  if (child > 0) children[child_count++] = {child, next_wake_fd};
  next_wake_fd = -1;
}

bool attend() {
  const int wake_fd = become_attendant();
  if (wake_fd < 0) return false;
  aside = true;
  first_wake_fd = own_wake_fd();  // still that of the process that forked this one
  be_forked_thread(wake_fd);
  leave_no_checkpoints();
  return true;
}

bool may_be_fed() {
  if (next_wake_fd < 0) return false;
  aside = true;
  child_count = 0;
  leave_no_checkpoints();
  be_forked_thread(next_wake_fd);
  next_wake_fd = -1;
  return true;
}

bool is_aside() {
  if (!aside || has_handed_over) return aside;
  if (static_cast<pid_t>(script->fed.load()) != real_process()) return true;
  aside = false;
  watch_again();
  return false;
}

bool hand_over() {
  if (has_handed_over || child_count == 0 || !waits_for_signals_alone()) return false;
  int chosen = 0;
  while (chosen < child_count && !is_alive(children[chosen].pid)) ++chosen;
  if (chosen == child_count) return false;
  for (int i = chosen + 1; i < child_count; ++i) ::kill(children[i].pid, SIGSTOP);
  aside = true;
  has_handed_over = true;
  script->fed.store(static_cast<std::uint32_t>(children[chosen].pid));
  wake(children[chosen].wake_fd);
  return true;
}

void tell_first_process() {
  if (!has_handed_over) wake(first_wake_fd);
}

void follow_fed_process() {
  if (!has_handed_over && !has_attendants()) return;
  const auto state = static_cast<ScriptState>(script->state.load());
  if (state == ScriptState::kCrashed) {
    tell_first_process();
    die_by(script->crash.signal);
  }
  if (state >= ScriptState::kDone) own_syscall(SYS_exit_group, 0);
}

}  // namespace crashreel::player
