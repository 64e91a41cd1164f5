// What does the scheduler know: which threads are there, and who of them waits for what?
//
// The state behind idle.h, for the three files that keep it: threads.cc the threads, waits.cc the
// waits, idle.cc acts on both. Everything here is under the scheduler's lock, but where something
// else is said.
#pragma once

#include <errno.h>
#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "capture/interpose/real_call.h"
#include "harness/player/idle.h"

namespace crashreel::player {

// Waits and threads are owned by their threads' stacks or thread-local storage.
template <typename Member>
struct List {
  Member* first = nullptr;
  Member* last = nullptr;

  void add(Member& member) {
    member.previous = last;
    member.next = nullptr;
    (last == nullptr ? first : last->next) = &member;
    last = &member;
  }

  void remove(Member& member) {
    (member.previous == nullptr ? first : member.previous->next) = member.next;
    (member.next == nullptr ? last : member.next->previous) = member.previous;
  }
};

struct Thread {
  bool counted = false;
  bool over = false;  // it has ended, but for what libc still does on it
  pthread_t id = {};
  int wake_fd = -1;
  int kernel_id = 0;
  Thread* previous = nullptr;
  Thread* next = nullptr;
};

struct Scheduler {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  List<Wait> blocked;  // who waits longest comes first
  List<Thread> threads;
  long blocked_count = 0;
  long thread_count = 0;     // of `threads`, those announced, and handlers that run meanwhile
  long announced_count = 0;  // not in `threads` yet
  long lost_count = 0;       // of thread_count, those that were not copied
  Act act = nullptr;
  Missed missed = nullptr;
  const Wait* acting = nullptr;  // the wait of the thread that acts, if it has one
  bool has_marked = false;       // some wait is
  std::atomic<bool> active{false};
};
extern Scheduler scheduler;

extern constinit thread_local Thread self;
extern constinit thread_local bool inside;  // this thread holds the lock

inline void lock_scheduler() {
  CRASHREEL_REAL(pthread_mutex_lock)(&scheduler.lock);
  inside = true;
}

// Wakes those that are marked. At the last moment: who wakes wants the lock, and to find it held
// costs both a system call or two.
void wake_marked();

inline void unlock_scheduler() {
  if (scheduler.has_marked) wake_marked();
  inside = false;
  CRASHREEL_REAL(pthread_mutex_unlock)(&scheduler.lock);
}

// Leaves errno alone, as the pthread functions do.
class Locked {
 public:
  Locked() : errno_(errno) { lock_scheduler(); }
  ~Locked() {
    unlock_scheduler();
    errno = errno_;
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  void keep_errno() { errno_ = errno; }

 private:
  int errno_;
};

// Threads. Any thread, no lock: its number for the kernel.
int kernel_id();
void prepare_threads();
// It lives, and does not count: somebody went past pthread_create to make it, and it has not waited
// for anything yet. False where that can't be told.
bool is_a_stranger(int kernel_id);
// Perhaps: one that is announced may have this number.
bool is_alive(pthread_t id);

// Waits.
void block(Wait& wait);
void forget(Wait& wait);
// The thread counts as running from here on, and learns of it as soon as it gets the lock.
void let_go(Wait& wait, Wait::State state);
void let_all_go(const void* object);
bool is_ready(const Wait& wait);
// Null: of all.
bool another_is_ready(const Wait* own);
std::uint64_t nearest_deadline();  // of a wait or a timer
// Ends the joins whose thread is known to be gone: one has ended, or has come to be known by
// number.
void end_joins();

// Acting, where the program is idle; `own` is the caller's wait, if it has one.
bool program_is_idle(const Wait* own);
Woken bring_on();

}  // namespace crashreel::player
