// The calls on locks that are held by many, met by many, or waited for until a time. None of them
// tells who waits, and libc's own wait would know nothing of the virtual clock; so whoever finds
// one taken waits in the scheduler, and whoever gives it back releases all who do, to try again.

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/scheduler.h"

using namespace crashreel::player;

namespace {

// How many are about to wait, or do: as long as there are none, to give a lock back is the real
// call alone. Raised before the last attempt that fails, and read after the lock is free.
std::atomic<long> waiting{0};

template <typename Lock>
struct Attempt {
  Lock* lock;
  int (*attempt)(Lock*);
  int result;

  static int make(void* raw) {
    auto* own = static_cast<Attempt*>(raw);
    own->result = own->attempt(own->lock);
    return own->result != EBUSY ? 1 : 0;
  }
};

template <typename Lock>
int wait_to_take(Lock* lock, int (*attempt)(Lock*), std::uint64_t deadline) {
  Attempt<Lock> own = {lock, attempt, EBUSY};
  waiting.fetch_add(1);
  while (own.result == EBUSY) {
    const Unless end = wait_unless(Attempt<Lock>::make, &own, lock, deadline);
    if (end == Unless::kTimedOut) own.result = ETIMEDOUT;
  }
  waiting.fetch_sub(1);
  return own.result;
}

template <typename Lock>
void given_back(Lock* lock) {
  if (waiting.load() != 0 && scheduling()) release_all(lock);
}

int take(pthread_rwlock_t* lock, int (*attempt)(pthread_rwlock_t*), std::uint64_t deadline) {
  if (lock->__data.__cur_writer == kernel_id()) return EDEADLK;
  return wait_to_take(lock, attempt, deadline);
}

int take(pthread_mutex_t* mutex, std::uint64_t deadline) {
  const int kind = mutex->__data.__kind & 3;
  if (kind == PTHREAD_MUTEX_ERRORCHECK_NP && mutex->__data.__owner == kernel_id()) return EDEADLK;
  return wait_to_take(mutex, ::pthread_mutex_trylock, deadline);
}

// As glibc keeps it (sysdeps/nptl/internaltypes.h); nothing else of it is used.
struct Barrier {
  unsigned in;
  unsigned round;
  unsigned count;
  int shared;
  unsigned out;
};
static_assert(sizeof(Barrier) <= sizeof(pthread_barrier_t));

// Those who have come are those who wait; the last one lets them go.
struct Arrival {
  const Barrier* barrier;

  static int make(void* raw) {
    const Barrier* barrier = static_cast<Arrival*>(raw)->barrier;
    unsigned others = 0;
    for (Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
      if (wait->object == barrier) ++others;
    }
    if (others + 1 < barrier->count) return 0;
    let_all_go(barrier);
    return 1;
  }
};

int arrive(const Barrier* barrier) {
  Arrival arrival = {barrier};
  Unless end = Unless::kInterrupted;
  while (end == Unless::kInterrupted) {
    end = wait_unless(Arrival::make, &arrival, barrier, kForever);
  }
  return end == Unless::kNotAtAll ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

int join(pthread_t thread, void** result, std::uint64_t deadline) {
  const auto* id = reinterpret_cast<const void*>(thread);
  if (wait_for_object(Wait::Kind::kJoin, id, deadline) == Woken::kTimedOut) return ETIMEDOUT;
  return CRASHREEL_REAL(pthread_join)(thread, result);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))
// A lock that is free is taken at once.
#define CRASHREEL_TAKE_LOCK(name, attempt, deadline, ...)      \
  if (!scheduling()) return CRASHREEL_REAL(name)(__VA_ARGS__); \
  const int error = attempt(lock);                             \
  return error == EBUSY ? take(lock, attempt, deadline) : error;

extern "C" {

CRASHREEL_HOOK int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int error = CRASHREEL_REAL(pthread_mutex_unlock)(mutex);
  given_back(mutex);
  return error;
}

CRASHREEL_HOOK int pthread_mutex_timedlock(pthread_mutex_t* __restrict mutex,
                                           const timespec* __restrict until) noexcept {
  if (!scheduling()) return CRASHREEL_REAL(pthread_mutex_timedlock)(mutex, until);
  const int error = ::pthread_mutex_trylock(mutex);
  return error == EBUSY ? take(mutex, deadline_at(CLOCK_REALTIME, *until)) : error;
}

CRASHREEL_HOOK int pthread_mutex_clocklock(pthread_mutex_t* __restrict mutex, clockid_t clock,
                                           const timespec* __restrict until) noexcept {
  if (!scheduling()) return CRASHREEL_REAL(pthread_mutex_clocklock)(mutex, clock, until);
  const int error = ::pthread_mutex_trylock(mutex);
  return error == EBUSY ? take(mutex, deadline_at(clock, *until)) : error;
}

CRASHREEL_HOOK int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_rdlock, ::pthread_rwlock_tryrdlock, kForever, lock)}

CRASHREEL_HOOK int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_wrlock, ::pthread_rwlock_trywrlock, kForever, lock)}

CRASHREEL_HOOK int pthread_rwlock_timedrdlock(pthread_rwlock_t* __restrict lock,
                                              const timespec* __restrict until) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_timedrdlock, ::pthread_rwlock_tryrdlock,
                        deadline_at(CLOCK_REALTIME, *until), lock, until)}

CRASHREEL_HOOK int pthread_rwlock_timedwrlock(pthread_rwlock_t* __restrict lock,
                                              const timespec* __restrict until) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_timedwrlock, ::pthread_rwlock_trywrlock,
                        deadline_at(CLOCK_REALTIME, *until), lock, until)}

CRASHREEL_HOOK int pthread_rwlock_clockrdlock(pthread_rwlock_t* __restrict lock, clockid_t clock,
                                              const timespec* __restrict until) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_clockrdlock, ::pthread_rwlock_tryrdlock,
                        deadline_at(clock, *until), lock, clock, until)}

CRASHREEL_HOOK int pthread_rwlock_clockwrlock(pthread_rwlock_t* __restrict lock, clockid_t clock,
                                              const timespec* __restrict until) noexcept {
    CRASHREEL_TAKE_LOCK(pthread_rwlock_clockwrlock, ::pthread_rwlock_trywrlock,
                        deadline_at(clock, *until), lock, clock, until)}

CRASHREEL_HOOK int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  const int error = CRASHREEL_REAL(pthread_rwlock_unlock)(lock);
  given_back(lock);
  return error;
}

// One that several processes meet at stays libc's.
CRASHREEL_HOOK int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  const auto* own = reinterpret_cast<const Barrier*>(barrier);
  if (!scheduling() || own->shared != 0) return CRASHREEL_REAL(pthread_barrier_wait)(barrier);
  return arrive(own);
}

CRASHREEL_HOOK int pthread_timedjoin_np(pthread_t thread, void** result, const timespec* until) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_timedjoin_np)(thread, result, until);
  return join(thread, result, until == nullptr ? kForever : deadline_at(CLOCK_REALTIME, *until));
}

CRASHREEL_HOOK int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock,
                                        const timespec* until) {
  if (!scheduling()) return CRASHREEL_REAL(pthread_clockjoin_np)(thread, result, clock, until);
  return join(thread, result, until == nullptr ? kForever : deadline_at(clock, *until));
}

}  // extern "C"
