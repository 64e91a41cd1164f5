#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/descriptors.h"
#include "harness/player/kernel_call.h"
#include "harness/player/scheduler.h"

namespace crashreel::player {

constinit thread_local Thread self;
constinit thread_local bool inside = false;

namespace {

pthread_key_t end_of_thread;

// The thread counts, and until it has ended.
void take_in() {
  self.counted = true;
  self.id = ::pthread_self();
  kernel_id();
  scheduler.threads.add(self);
  ::pthread_setspecific(end_of_thread, &self);
}

}  // namespace

void prepare_threads() {
  ::pthread_key_create(&end_of_thread, [](void*) { thread_ended(); });
}

int kernel_id() {
  if (self.kernel_id == 0) self.kernel_id = static_cast<int>(own_syscall(SYS_gettid));
  return self.kernel_id;
}

bool is_a_stranger(int kernel_id) {
  if (scheduler.announced_count > 0) return false;  // it may be one of those
  for (const Thread* thread = scheduler.threads.first; thread != nullptr; thread = thread->next) {
    if (thread->kernel_id == kernel_id || thread->kernel_id == 0) return false;
  }
  return own_syscall(SYS_tgkill, own_syscall(SYS_getpid), kernel_id, 0) == 0;
}

bool is_alive(pthread_t id) {
  if (scheduler.announced_count > 0) return true;  // it may be one of those
  for (const Thread* thread = scheduler.threads.first; thread != nullptr; thread = thread->next) {
    if (pthread_equal(thread->id, id) != 0) return true;
  }
  return false;
}

int own_wake_fd() {
  if (self.wake_fd < 0) self.wake_fd = move_out_of_sight(::eventfd(0, EFD_CLOEXEC));
  return self.wake_fd;
}

bool is_only_thread() {
  const Locked locked;
  return scheduler.thread_count == 1;
}

long known_threads() {
  return scheduler.thread_count - scheduler.lost_count;
}

void be_forked_thread(int wake_fd) {
  self.wake_fd = wake_fd;
  self.kernel_id = 0;
}

void thread_announced() {
  const Locked locked;
  ++scheduler.thread_count;
  ++scheduler.announced_count;
}

void thread_withdrawn() {
  const Locked locked;
  --scheduler.thread_count;
  --scheduler.announced_count;
  end_joins();
}

void thread_started() {
  const Locked locked;
  --scheduler.announced_count;
  take_in();
  end_joins();
}

void thread_seen() {
  if (self.counted) return;
  const Locked locked;
  ++scheduler.thread_count;
  take_in();
}

void thread_ended() {
  if (!self.counted || !scheduling()) return;
  self.counted = false;
  self.over = true;
  const Locked locked;
  scheduler.threads.remove(self);
  --scheduler.thread_count;
  close_own(self.wake_fd);
  self.wake_fd = -1;
  end_joins();
  // The rest may all be waiting for something that only the script can bring.
  while (scheduler.thread_count > 0 && program_is_idle(nullptr) && bring_on() != Woken::kPassedOn) {
  }
}

void forget_thread_number() {
  self.kernel_id = 0;
}

}  // namespace crashreel::player
