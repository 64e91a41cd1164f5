// The calls by which threads begin, end, and wait for each other: each wait is announced to the
// scheduler, and each wake-up releases its waiter there before it happens.

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/crash.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

struct Start {
  void* (*routine)(void*);
  void* argument;
};

pthread_key_t end_of_thread;
pthread_once_t end_of_thread_once = PTHREAD_ONCE_INIT;

void make_end_of_thread() {
  pthread_key_create(&end_of_thread, [](void*) {
    release_all(reinterpret_cast<const void*>(pthread_self()));
    thread_ended();
  });
}

void* run_thread(void* raw) {
  const Start start = *static_cast<Start*>(raw);
  ::free(raw);
  thread_started();
  give_alternate_stack();
  pthread_setspecific(end_of_thread, &end_of_thread);  // any value but null
  return start.routine(start.argument);
}

// The clock of pthread_cond_timedwait is chosen when the condition is initialised; glibc keeps the
// choice in bit 1 of __wrefs (nptl/pthread_cond_common.c).
clockid_t clock_of(const pthread_cond_t* condition) {
  return (condition->__data.__wrefs & 2) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int wait_on_condition(pthread_cond_t* condition, pthread_mutex_t* mutex, std::uint64_t deadline) {
  Wait wait;
  wait.kind = Wait::Kind::kCondition;
  wait.object = condition;
  wait.deadline_ns = deadline;
  int error = 0;
  if (begin_wait(wait)) {
    do {
      error = CRASHREEL_REAL(pthread_cond_wait)(condition, mutex);
    } while (!end_wait(wait) && error == 0);
  }
  return wait.state == Wait::State::kTimedOut ? ETIMEDOUT : error;
}

int wait_on_semaphore(sem_t* semaphore, std::uint64_t deadline) {
  if (::sem_trywait(semaphore) == 0) return 0;
  Wait wait;
  wait.kind = Wait::Kind::kSemaphore;
  wait.object = semaphore;
  wait.deadline_ns = deadline;
  int result = 0;
  int error = 0;
  if (begin_wait(wait)) {
    result = CRASHREEL_REAL(sem_wait)(semaphore);
    error = errno;
    end_wait(wait);
  }
  if (wait.state == Wait::State::kTimedOut) {
    result = -1;
    error = ETIMEDOUT;
  }
  errno = error;
  return result;
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                  void* (*routine)(void*), void* argument) noexcept {
  const auto real = CRASHREEL_REAL(pthread_create);
  if (!scheduling()) return real(thread, attributes, routine, argument);
  auto* start = static_cast<Start*>(::malloc(sizeof(Start)));
  if (start == nullptr) return EAGAIN;
  *start = {routine, argument};
  pthread_once(&end_of_thread_once, make_end_of_thread);
  thread_announced();
  const int error = real(thread, attributes, run_thread, start);
  if (error != 0) {
    thread_withdrawn();
    ::free(start);
  }
  return error;
}

CRASHREEL_HOOK int pthread_join(pthread_t thread, void** result) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_join)(thread, result);
  Wait wait;
  wait.kind = Wait::Kind::kJoin;
  wait.object = reinterpret_cast<const void*>(thread);
  // A thread that has ended already releases nobody: a join that is over is not a wait.
  if (::pthread_tryjoin_np(thread, result) == 0) return 0;
  if (!begin_wait(wait)) return CRASHREEL_REAL(pthread_join)(thread, result);
  const int error = CRASHREEL_REAL(pthread_join)(thread, result);
  end_wait(wait);
  return error;
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

CRASHREEL_HOOK int sem_post(sem_t* semaphore) noexcept {
  if (scheduling()) release_one(semaphore);
  return CRASHREEL_REAL(sem_post)(semaphore);
}

}  // extern "C"
