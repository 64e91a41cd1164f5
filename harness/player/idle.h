// When has the program consumed everything it was given?
//
// When its last thread is about to block and a look without waiting finds nothing ready for any of
// them. Every hook that may block goes through here; the thread that finds the program idle acts:
// it performs the next step of the script, or moves the clock to the next deadline, on the spot.
// There is one lock and one scheduler. Knows threads and waits, not sockets or scripts.
//
// Readiness is looked up, never remembered: before acting, the thread polls the descriptors of all
// others, for a thread that was just made runnable still looks blocked until the kernel runs it.
// Waits without descriptors (conditions, semaphores, joins) are released by whoever wakes them,
// before the real wake-up, so that there is no moment in between.
#pragma once

#include <poll.h>
#include <pthread.h>

#include <cstdint>

namespace crashreel::player {

// What a thread waits for. Lives on that thread's stack while it waits.
struct Wait {
  enum class Kind { kDescriptors, kCondition, kSemaphore, kJoin };

  Kind kind = Kind::kDescriptors;
  pollfd* descriptors = nullptr;  // kDescriptors: an epoll set counts as one descriptor
  nfds_t descriptor_count = 0;
  const void* object = nullptr;  // kCondition, kSemaphore: its address; kJoin: the pthread_t
  std::uint64_t deadline_ns = UINT64_MAX;  // on the virtual clock

  enum class State { kBlocked, kReleased, kTimedOut } state = State::kBlocked;
  int wake_fd = -1;     // kDescriptors: ends the real wait when the clock passes the deadline
  bool asleep = false;  // in the real wait, or about to enter it
  Wait* previous = nullptr;
  Wait* next = nullptr;
};

enum class Woken { kReady, kTimedOut, kInterrupted };

// Tells whether the caller's own wait would end now, without waiting: > 0 yes, 0 no, < 0 it fails
// (which ends the wait as well).
using Look = int (*)(void* context);

// What the scheduler does with an idle program; set once at the start. Called under the lock by
// the thread that found the program idle. Returns after something was done that may have made a
// thread runnable, or does not return at all (the try is over).
using Act = void (*)(std::uint64_t nearest_deadline_ns);

void start_scheduling(Act act);
// In a forked child of the program: nothing is scheduled any more.
void stop_scheduling();
bool scheduling();

// Blocks until look() says so, the virtual clock passes the deadline, or a signal was handled.
// look() is called before blocking. errno is look()'s where it failed.
Woken wait_for_descriptors(pollfd* descriptors, nfds_t count, std::uint64_t deadline_ns, Look look,
                           void* context);

// Around the real wait on an object. begin_wait lets the scheduler act where the caller is the last
// to block; returns false when the wait is over already (its deadline was reached, or the object
// was signalled meanwhile): then the real wait must be left out. end_wait after the real wait
// returned: false means that the wake-up was not meant for this thread and it has to wait again.
bool begin_wait(Wait& wait);
bool end_wait(Wait& wait);

// Before the real signal, broadcast or post: those who wait for the object stop counting as
// blocked.
void release_one(const void* object);
void release_all(const void* object);

// Threads: counted from before they start until they are about to end.
void thread_announced();
void thread_withdrawn();  // it could not be started after all
void thread_started();
void thread_ended();
// A thread that the program started behind our back counts from its first wait on.
void thread_seen();

// Called by Act, under the lock: waits whose deadline has come end.
void expire_waits(std::uint64_t now_ns);

}  // namespace crashreel::player
