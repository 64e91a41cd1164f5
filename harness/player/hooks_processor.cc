// The calls by which a program learns on which processors it may run, or chooses them: it finds
// what it would without the player, which may hold all its threads to one (rewind.h).

#include <pthread.h>
#include <sched.h>
#include <sys/types.h>

#include "capture/interpose/real_call.h"
#include "harness/player/process_number.h"
#include "harness/player/rewind.h"

using namespace crashreel::player;

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int sched_getaffinity(pid_t thread, size_t size, cpu_set_t* set) noexcept {
  give_processors_back();
  return CRASHREEL_REAL(sched_getaffinity)(number_meant(thread), size, set);
}

CRASHREEL_HOOK int sched_setaffinity(pid_t thread, size_t size, const cpu_set_t* set) noexcept {
  give_processors_back();
  return CRASHREEL_REAL(sched_setaffinity)(number_meant(thread), size, set);
}

CRASHREEL_HOOK int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t* set) noexcept {
  give_processors_back();
  return CRASHREEL_REAL(pthread_getaffinity_np)(thread, size, set);
}

CRASHREEL_HOOK int pthread_setaffinity_np(pthread_t thread, size_t size,
                                          const cpu_set_t* set) noexcept {
  give_processors_back();
  return CRASHREEL_REAL(pthread_setaffinity_np)(thread, size, set);
}

}  // extern "C"
