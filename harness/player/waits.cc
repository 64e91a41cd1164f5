#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/kernel_call.h"
#include "harness/player/readiness.h"
#include "harness/player/scheduler.h"
#include "harness/player/timers.h"

namespace crashreel::player {
namespace {

bool has_lost = false;  // there are waits whose thread was not copied

void wake(const Wait& wait) {
  const std::uint64_t one = 1;
  if (wait.wake_fd >= 0) (void)!CRASHREEL_REAL(write)(wait.wake_fd, &one, sizeof one);
}

// They are not asked together with the others: that one of these is ready ends the try.
void look_for_the_missed() {
  static Question question;
  bool ready = false;
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr && !ready; wait = wait->next) {
    if (wait->lost) ready = is_ready(*wait) || has_lent(*wait) || question.add(*wait);
  }
  if (question.ask() || ready) scheduler.missed();
}

}  // namespace

void let_go(Wait& wait, Wait::State state) {
  if (wait.lost) scheduler.missed();
  scheduler.blocked.remove(wait);
  --scheduler.blocked_count;
  wait.state.store(state, std::memory_order_release);
  if (!wait.asleep) return;
  if (wait.kind == Wait::Kind::kDescriptors) {
    wake(wait);
  } else {
    own_syscall(SYS_futex, &wait.state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

void block(Wait& wait) {
  scheduler.blocked.add(wait);
  ++scheduler.blocked_count;
}

void forget(Wait& wait) {
  if (wait.state.load(std::memory_order_relaxed) != Wait::kBlocked) return;
  scheduler.blocked.remove(wait);
  --scheduler.blocked_count;
}

bool is_ready(const Wait& wait) {
  switch (wait.kind) {
    case Wait::Kind::kSemaphore:
      return is_ready_for_semaphore(wait);
    case Wait::Kind::kMutex:
      return is_ready_for_mutex(wait);
    case Wait::Kind::kJoin:
      return !is_alive(reinterpret_cast<pthread_t>(wait.object));
    case Wait::Kind::kCondition:    // released by whoever signals it or gives it back
    case Wait::Kind::kDescriptors:  // asked all at once
      return false;
  }
  return false;
}

bool another_is_ready(const Wait* own) {
  if (has_lost) look_for_the_missed();
  static Question question;  // under the lock, so one is enough
  bool ready = false;
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr && !ready; wait = wait->next) {
    if (wait == own || wait->lost) continue;
    ready = is_ready(*wait) || has_lent(*wait) || question.add(*wait);
  }
  return question.ask() || ready;  // asked in any case, so that nothing is left of it
}

std::uint64_t nearest_deadline() {
  std::uint64_t nearest = nearest_timer();
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->deadline_ns < nearest) nearest = wait->deadline_ns;
  }
  return nearest;
}

void end_joins() {
  for (Wait* wait = scheduler.blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    const bool joins = wait->kind == Wait::Kind::kJoin;
    if (joins && is_ready(*wait)) let_go(*wait, Wait::kReleased);
    wait = next;
  }
}

bool waits_for_signals_alone() {
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->kind != Wait::Kind::kDescriptors || wait->descriptor_count != 0) return false;
    if (wait->deadline_ns != kForever) return false;
  }
  return true;
}

bool waits_for_locks_alone() {
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    const bool is_lock = wait->kind == Wait::Kind::kMutex || wait->kind == Wait::Kind::kCondition ||
                         wait->kind == Wait::Kind::kJoin;
    if (!is_lock || wait->deadline_ns != kForever) return false;
  }
  return scheduler.blocked.first != nullptr;
}

void release_one(const void* object) {
  const Locked locked;
  for (Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->object == object) return let_go(*wait, Wait::kReleased);
  }
}

void let_all_go(const void* object) {
  for (Wait* wait = scheduler.blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    const bool sees_itself = wait->kind == Wait::Kind::kMutex;  // it is in libc's own wait
    if (wait->object == object && !sees_itself) let_go(*wait, Wait::kReleased);
    wait = next;
  }
}

void release_all(const void* object) {
  const Locked locked;
  let_all_go(object);
}

bool pass_on() {
  const auto waits_for_some = [](const Wait& wait) {
    return wait.kind == Wait::Kind::kDescriptors && wait.descriptor_count != 0 && !wait.lost;
  };
  if (scheduler.acting != nullptr && waits_for_some(*scheduler.acting)) return false;
  for (const Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (!waits_for_some(*wait) || !wait->asleep || wait->wake_fd < 0) continue;
    wake(*wait);
    return true;
  }
  return false;
}

void mark_readers() {
  for (Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (wait == scheduler.acting || wait->lost || !wait->asleep || !has_lent(*wait)) continue;
    wait->marked = scheduler.has_marked = true;
  }
}

void wake_marked() {
  scheduler.has_marked = false;
  for (Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (!wait->marked) continue;
    wait->marked = false;
    wake(*wait);
  }
}

void lose_other_threads() {
  for (Wait* wait = scheduler.blocked.first; wait != nullptr; wait = wait->next) {
    if (wait == scheduler.acting) continue;
    if (!wait->lost) ++scheduler.lost_count;
    wait->lost = true;
    has_lost = true;
  }
}

void expire_waits(std::uint64_t now) {
  for (Wait* wait = scheduler.blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    if (wait->deadline_ns <= now) let_go(*wait, Wait::kTimedOut);
    wait = next;
  }
}

}  // namespace crashreel::player
