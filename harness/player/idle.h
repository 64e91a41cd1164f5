// When has the program consumed everything it was given?
//
// When its last thread is about to block and a look without waiting finds nothing ready for any of
// them. Every hook that may block goes through here; the thread that finds the program idle acts:
// it performs the next step of the script, or moves the clock to the next deadline, on the spot.
// There is one lock and one scheduler. Knows threads and waits, not sockets or scripts.
//
// Readiness is looked up, never remembered: before acting, the thread polls the descriptors of all
// others, for a thread that was just made runnable still looks blocked until the kernel runs it.
// What can't be looked up (was a condition signalled?) never sleeps in the kernel's own wait but
// here, on a word of the wait's own, so that there is no moment between being woken and being known
// to be awake, and no wake-up that another thread could take away.
#pragma once

#include <poll.h>
#include <pthread.h>

#include <atomic>
#include <cstdint>

namespace crashreel::player {

// What a thread waits for. Lives on that thread's stack while it waits.
struct Wait {
  enum class Kind { kDescriptors, kCondition, kSemaphore, kMutex, kJoin };
  enum State : std::uint32_t { kBlocked, kReleased, kTimedOut };

  Kind kind = Kind::kDescriptors;
  pollfd* descriptors = nullptr;  // kDescriptors: an epoll set counts as one descriptor
  nfds_t descriptor_count = 0;
  const void* object = nullptr;            // its address; kJoin: the pthread_t
  std::uint32_t bits = ~0u;                // of a futex: who may end the wait (futexes.h)
  std::uint64_t deadline_ns = UINT64_MAX;  // on the virtual clock

  std::atomic<std::uint32_t> state = kBlocked;  // what the thread sleeps on, but for descriptors
  int wake_fd = -1;     // kDescriptors: ends the real wait when the clock passes the deadline
  int thread_id = 0;    // kMutex: the kernel's number of the waiting thread
  bool asleep = false;  // in the real wait, or about to enter it
  bool marked = false;  // to be woken as soon as the lock is given back
  bool lost = false;    // whoever waited was not copied: see lose_other_threads()
  Wait* previous = nullptr;
  Wait* next = nullptr;
};

enum class Woken {
  kReady,
  kTimedOut,
  kInterrupted,  // by a signal handler, after which no call is resumed
  kResumable,    // by a signal handler; calls that can be resumed are
  kPassedOn,     // another thread goes on, see pass_on() and mark_readers()
};

// Tells whether the caller's own wait would end now, without waiting: > 0 yes, 0 no, < 0 it fails
// (which ends the wait as well). May take what it finds: it is called under the scheduler's lock,
// so nobody who waits for the same comes in between.
using Look = int (*)(void* context);

// What the scheduler does with an idle program; set once at the start. Called under the lock by
// the thread that found the program idle. Returns after something was done that may have made a
// thread runnable, or does not return at all (the try is over). Returns the signal that the caller
// has to raise, kPassOn after pass_on(), kTimePassed where nothing has changed but the clock and
// the waits that have ended by it, else 0.
inline constexpr int kPassOn = -1;
inline constexpr int kTimePassed = -2;
using Act = int (*)(std::uint64_t nearest_deadline_ns);

// What is done when a thread is missed, see lose_other_threads(). Called under the lock; does not
// return.
using Missed = void (*)();

void start_scheduling(Act act, Missed missed);
// In a forked child of the program: nothing is scheduled any more.
void stop_scheduling();
// False as well in a signal handler that interrupted the scheduler, and on a thread that has ended
// but for its last calls of free(): what they call is real.
bool scheduling();

// Blocks until look() says so, the virtual clock passes the deadline, or a signal was handled.
// look() is called before blocking. errno is look()'s where it failed.
Woken wait_for_descriptors(pollfd* descriptors, nfds_t count, std::uint64_t deadline_ns, Look look,
                           void* context);

// Blocks until the object is released, is found ready (a semaphore above zero, a thread that has
// ended), or the deadline passes. `held` is unlocked once the wait is known, so that no release
// gets lost; the caller locks it again. Only semaphores are interrupted by signals.
Woken wait_for_object(Wait::Kind kind, const void* object, std::uint64_t deadline_ns,
                      pthread_mutex_t* held = nullptr);

// Blocks until the object is released, which nothing but a release tells, or the deadline passes,
// or a signal was handled; but not at all where look(), called under the lock, says so. `bits`: see
// Wait.
enum class Unless { kNotAtAll, kReleased, kTimedOut, kInterrupted };
Unless wait_unless(Look look, void* context, const void* object, std::uint64_t deadline_ns,
                   std::uint32_t bits = ~0u);

// Around the real wait for a mutex, whose owner can be looked up. begin_mutex_wait lets the
// scheduler act where the caller is the last to block.
void begin_mutex_wait(Wait& wait, pthread_mutex_t* mutex);
void end_mutex_wait(Wait& wait);

// Calls this while nobody else acts, as the program's stage does everything. Not from there.
void do_locked(void (*what)(void* context), void* context);

// Ends the wait of the one who waits longest, or of all.
void release_one(const void* object);
void release_all(const void* object);

// Threads: counted from before they start until they are about to end.
void thread_announced();
void thread_withdrawn();  // it could not be started after all
void thread_started();    // on the announced thread
void thread_ended();
// A thread that the program started behind our back counts from its first wait on.
void thread_seen();

// This thread and no other: as far as is known.
bool is_only_thread();
// Called by Act, under the lock: all threads that there are, as far as is known. One that acts on
// its way to its end does not count.
long known_threads();
// What ends this thread's wait for descriptors, if only to look again. Not to be closed.
int own_wake_fd();
// In a child of the program's that may come to be fed (handover.h), with such a descriptor.
void be_forked_thread(int wake_fd);
// Called by Act, under the lock: no thread waits for anything but signals.
bool waits_for_signals_alone();

// Called by Act, under the lock: all threads wait for mutexes, conditions and ends of one another,
// without a deadline. A semaphore may be posted by a signal's handler, and is none of these.
bool waits_for_locks_alone();

// In a forked copy of the thread that acts: the kernel knows it by another number.
void forget_thread_number();

// In a forked copy of the thread that acts, where there were others: all of those were waiting, and
// here they wait for ever. When a wait of theirs would end, they are missed.
void lose_other_threads();

// Called by Act, under the lock, where it matters which thread is copied: false where that is one
// that waits for descriptors, or there is none. Else such a thread acts next.
bool pass_on();

// Called by Act, under the lock: whoever waits for what was just lent to the program (bypass.h)
// looks again, once the lock is given back.
void mark_readers();

// Called by Act, under the lock: waits whose deadline has come end.
void expire_waits(std::uint64_t now_ns);

}  // namespace crashreel::player
