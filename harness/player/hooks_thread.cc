// The calls by which threads begin, end, and wait for each other. Conditions, semaphores and joins
// wait in the scheduler and not in libc: the scheduler then knows to the last thread who was woken.
// Mutexes keep their own wait, for their owner can be looked up.

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/crash.h"
#include "harness/player/fork_point.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

struct Start {
  void* (*routine)(void*);
  void* argument;
};

void* run_thread(void* raw) {
  const Start start = *static_cast<Start*>(raw);
  // First of all: a call that may wait would take in a thread that nobody had announced, and free()
  // may wait for the allocator's lock.
  if (scheduling()) thread_started();
  ::free(raw);
  give_alternate_stack();
  return start.routine(start.argument);
}

// The clock of pthread_cond_timedwait is chosen when the condition is initialised; glibc keeps the
// choice in bit 1 of __wrefs (nptl/pthread_cond_common.c).
clockid_t clock_of(const pthread_cond_t* condition) {
  return (condition->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int wait_on_condition(pthread_cond_t* condition, pthread_mutex_t* mutex, std::uint64_t deadline) {
  const Woken woken = wait_for_object(Wait::Kind::kCondition, condition, deadline, mutex);
  const int error = ::pthread_mutex_lock(mutex);
  if (error != 0) return error;
  return woken == Woken::kTimedOut ? ETIMEDOUT : 0;
}

// Whoever is woken by a post may find that another thread was faster.
int wait_on_semaphore(sem_t* semaphore, std::uint64_t deadline) {
  while (::sem_trywait(semaphore) != 0) {
    if (errno != EAGAIN) return -1;
    const Woken woken = wait_for_object(Wait::Kind::kSemaphore, semaphore, deadline);
    if (woken == Woken::kReady) continue;
    errno = woken == Woken::kTimedOut ? ETIMEDOUT : EINTR;
    return -1;
  }
  return 0;
}

int wait_on_mutex(pthread_mutex_t* mutex) {
  const auto real = CRASHREEL_REAL(pthread_mutex_lock);
  if (!scheduling()) return real(mutex);
  Wait wait;
  begin_mutex_wait(wait, mutex);
  const int error = real(mutex);
  end_mutex_wait(wait);
  return error;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                  void* (*routine)(void*), void* argument) noexcept {
  const auto real = CRASHREEL_REAL(pthread_create);
  if (!watching_for_crash()) return real(thread, attributes, routine, argument);
  if (scheduling()) reach_fork_point();
  auto* start = static_cast<Start*>(::malloc(sizeof(Start)));
  if (start == nullptr) return EAGAIN;
  *start = {routine, argument};
  const bool scheduled = scheduling();
  if (scheduled) thread_announced();
  const int error = real(thread, attributes, run_thread, start);
  if (error == 0) return 0;
  if (scheduled) thread_withdrawn();
  ::free(start);
  return error;
}

// The real call comes when the thread has ended, as far as the program can see.
CRASHREEL_HOOK int pthread_join(pthread_t thread, void** result) {
  if (scheduling()) {
    wait_for_object(Wait::Kind::kJoin, reinterpret_cast<const void*>(thread), kForever);
  }
  return CRASHREEL_REAL(pthread_join)(thread, result);
}

// Most locks are free: then this is the whole of it.
CRASHREEL_HOOK int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  const int error = ::pthread_mutex_trylock(mutex);
  return error == EBUSY ? wait_on_mutex(mutex) : error;
}

CRASHREEL_HOOK int pthread_cond_wait(pthread_cond_t* __restrict condition,
                                     pthread_mutex_t* __restrict mutex) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_cond_wait)(condition, mutex);
  return wait_on_condition(condition, mutex, kForever);
}

CRASHREEL_HOOK int pthread_cond_timedwait(pthread_cond_t* __restrict condition,
                                          pthread_mutex_t* __restrict mutex,
                                          const timespec* __restrict until) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_cond_timedwait)(condition, mutex, until);
  return wait_on_condition(condition, mutex, deadline_at(clock_of(condition), *until));
}

CRASHREEL_HOOK int pthread_cond_clockwait(pthread_cond_t* __restrict condition,
                                          pthread_mutex_t* __restrict mutex, clockid_t clock,
                                          const timespec* __restrict until) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_cond_clockwait)(condition, mutex, clock, until);
  return wait_on_condition(condition, mutex, deadline_at(clock, *until));
}

CRASHREEL_HOOK int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (scheduling()) release_one(condition);
  return CRASHREEL_REAL(pthread_cond_signal)(condition);
}

CRASHREEL_HOOK int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (scheduling()) release_all(condition);
  return CRASHREEL_REAL(pthread_cond_broadcast)(condition);
}

CRASHREEL_HOOK int sem_wait(sem_t* semaphore) {
  if (!scheduling()) return CRASHREEL_REAL(sem_wait)(semaphore);
  return wait_on_semaphore(semaphore, kForever);
}

CRASHREEL_HOOK int sem_timedwait(sem_t* __restrict semaphore, const timespec* __restrict until) {
  if (!scheduling()) return CRASHREEL_REAL(sem_timedwait)(semaphore, until);
  return wait_on_semaphore(semaphore, deadline_at(CLOCK_REALTIME, *until));
}

CRASHREEL_HOOK int sem_clockwait(sem_t* __restrict semaphore, clockid_t clock,
                                 const timespec* __restrict until) {
  if (!scheduling()) return CRASHREEL_REAL(sem_clockwait)(semaphore, clock, until);
  return wait_on_semaphore(semaphore, deadline_at(clock, *until));
}

// The token comes first: until its waiter is released, the semaphore is seen to be above zero.
CRASHREEL_HOOK int sem_post(sem_t* semaphore) noexcept {
  const int result = CRASHREEL_REAL(sem_post)(semaphore);
  if (result == 0 && scheduling()) release_one(semaphore);
  return result;
}

}  // extern "C"
