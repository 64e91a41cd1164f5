#include "harness/player/readiness.h"

#include <pthread.h>
#include <semaphore.h>

#include "capture/interpose/real_call.h"

namespace crashreel::player {

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
  return owner == 0 || owner == wait.thread_id;
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
