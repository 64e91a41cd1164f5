#include "harness/player/readiness.h"

#include <pthread.h>
#include <semaphore.h>

#include "capture/interpose/real_call.h"
#include "harness/player/scheduler.h"

namespace crashreel::player {
namespace {

// PTHREAD_MUTEX_PSHARED_BIT of glibc (nptl/pthreadP.h).
constexpr int kProcessShared = 128;

}  // namespace

bool is_ready_for_semaphore(const Wait& wait) {
  int value = 0;
  auto* semaphore = static_cast<sem_t*>(const_cast<void*>(wait.object));
  return ::sem_getvalue(semaphore, &value) == 0 && value > 0;
}

// glibc takes the lock word first and writes the owner down after it, and the other way round when
// it unlocks; in between the owner is 0 and the answer errs on the side of "ready".
bool is_ready_for_mutex(const Wait& wait) {
  const auto& data = static_cast<const pthread_mutex_t*>(wait.object)->__data;
  if (__atomic_load_n(&data.__lock, __ATOMIC_ACQUIRE) == 0) return true;
  const int owner = __atomic_load_n(&data.__owner, __ATOMIC_ACQUIRE);
  if (owner == 0 || owner == wait.thread_id) return true;
  // Whoever does not count may be at work, and will give it back. (Of a lock of several processes,
  // or of a thread that was not copied, numbers say nothing.)
  const bool is_private = (data.__kind & kProcessShared) == 0;
  return is_private && !wait.lost && is_a_stranger(owner);
}

bool Question::add(const Wait& wait) {
  for (nfds_t i = 0; i < wait.descriptor_count; ++i) {
    asked_[count_++] = wait.descriptors[i];
    if (count_ == kAskedAtOnce && ask()) return true;
  }
  return false;
}

bool Question::ask() {
  const nfds_t count = count_;
  count_ = 0;
  return count != 0 && CRASHREEL_REAL(poll)(asked_, count, 0) != 0;
}

}  // namespace crashreel::player
