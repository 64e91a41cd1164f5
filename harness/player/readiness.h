// Would a wait end now?
//
// Looks at what other threads wait for, without waiting and without taking anything: semaphores and
// mutexes by what glibc keeps in them, descriptors by one poll for all. Under the scheduler's lock.
#pragma once

#include <poll.h>

#include "harness/player/idle.h"

namespace crashreel::player {

bool is_ready_for_semaphore(const Wait& wait);

// Is the waiting thread about to have the mutex, or does it have it already?
bool is_ready_for_mutex(const Wait& wait);

// Asks for the descriptors of many waits at once.
class Question {
 public:
  // True: one of those so far is ready. False: not known yet.
  bool add(const Wait& wait);
  bool ask();

 private:
  // An epoll set is one descriptor; who waits for more at a time is asked in several goes.
  static constexpr nfds_t kAskedAtOnce = 256;

  nfds_t count_ = 0;
  pollfd asked_[kAskedAtOnce];
};

}  // namespace crashreel::player
