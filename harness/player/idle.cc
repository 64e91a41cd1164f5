#include "harness/player/idle.h"

#include <errno.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"

namespace crashreel::player {
namespace {

// Waits in both lists are owned by their threads' stacks. `released` holds those that were let go
// but have not returned from the real wait yet.
struct List {
  Wait* first = nullptr;

  void add(Wait& wait) {
    wait.previous = nullptr;
    wait.next = first;
    if (first != nullptr) first->previous = &wait;
    first = &wait;
  }

  void remove(Wait& wait) {
    if (wait.previous != nullptr) wait.previous->next = wait.next;
    if (wait.next != nullptr) wait.next->previous = wait.previous;
    if (first == &wait) first = wait.next;
    wait.previous = wait.next = nullptr;
  }
};

pthread_mutex_t scheduler_lock = PTHREAD_MUTEX_INITIALIZER;
List blocked;
List released;
long blocked_count = 0;
long thread_count = 1;
Act act = nullptr;
std::atomic<bool> active{false};

thread_local bool counted = false;
thread_local int thread_wake_fd = -1;

class Locked {
 public:
  Locked() { pthread_mutex_lock(&scheduler_lock); }
  ~Locked() { pthread_mutex_unlock(&scheduler_lock); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
};

void block(Wait& wait) {
  wait.state = Wait::State::kBlocked;
  blocked.add(wait);
  ++blocked_count;
}

// No longer blocked, but its thread has yet to notice.
void let_go(Wait& wait, Wait::State state) {
  blocked.remove(wait);
  --blocked_count;
  wait.state = state;
  released.add(wait);
}

void forget(Wait& wait) {
  if (wait.state == Wait::State::kBlocked) {
    blocked.remove(wait);
    --blocked_count;
  } else {
    released.remove(wait);
  }
}

bool is_ready(const Wait& wait) {
  switch (wait.kind) {
    case Wait::Kind::kDescriptors:
      return wait.descriptor_count != 0 &&
             CRASHREEL_REAL(poll)(wait.descriptors, wait.descriptor_count, 0) != 0;
    case Wait::Kind::kSemaphore: {
      int value = 0;
      auto* semaphore = static_cast<sem_t*>(const_cast<void*>(wait.object));
      return ::sem_getvalue(semaphore, &value) == 0 && value > 0;
    }
    case Wait::Kind::kCondition:
    case Wait::Kind::kJoin:
      return false;  // released before they are woken
  }
  return false;
}

bool another_is_ready(const Wait* self) {
  for (const Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait != self && is_ready(*wait)) return true;
  }
  return false;
}

std::uint64_t nearest_deadline() {
  std::uint64_t nearest = kForever;
  for (const Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->deadline_ns < nearest) nearest = wait->deadline_ns;
  }
  return nearest;
}

bool program_is_idle(const Wait* self) {
  return active.load(std::memory_order_relaxed) && blocked_count >= thread_count &&
         !another_is_ready(self);
}

void wake(Wait& wait) {
  if (!wait.asleep) return;
  if (wait.kind == Wait::Kind::kDescriptors) {
    const std::uint64_t one = 1;
    if (wait.wake_fd >= 0) (void)!CRASHREEL_REAL(write)(wait.wake_fd, &one, sizeof one);
  } else if (wait.kind == Wait::Kind::kCondition) {
    auto* condition = static_cast<pthread_cond_t*>(const_cast<void*>(wait.object));
    CRASHREEL_REAL(pthread_cond_broadcast)(condition);
  } else if (wait.kind == Wait::Kind::kSemaphore) {
    CRASHREEL_REAL(sem_post)(static_cast<sem_t*>(const_cast<void*>(wait.object)));
  }
}

int own_wake_fd() {
  if (thread_wake_fd < 0) thread_wake_fd = move_out_of_sight(::eventfd(0, EFD_CLOEXEC));
  return thread_wake_fd;
}

// The real wait of a thread that is not the one to act.
Woken sleep_until_ready(Wait& wait) {
  const nfds_t count = wait.descriptor_count;
  auto* all = static_cast<pollfd*>(__builtin_alloca((count + 1) * sizeof(pollfd)));
  for (nfds_t i = 0; i < count; ++i) all[i] = wait.descriptors[i];
  all[count] = {wait.wake_fd, POLLIN, 0};
  if (CRASHREEL_REAL(poll)(all, count + 1, -1) < 0) return Woken::kInterrupted;
  if (all[count].revents != 0) {
    std::uint64_t drained;
    (void)!CRASHREEL_REAL(read)(wait.wake_fd, &drained, sizeof drained);
  }
  return Woken::kReady;
}

}  // namespace

void start_scheduling(Act chosen) {
  act = chosen;
  counted = true;
  active.store(true, std::memory_order_release);
}

void stop_scheduling() {
  active.store(false, std::memory_order_release);
}

bool scheduling() {
  return active.load(std::memory_order_acquire);
}

Woken wait_for_descriptors(pollfd* descriptors, nfds_t count, std::uint64_t deadline_ns, Look look,
                           void* context) {
  thread_seen();
  Wait wait;
  wait.descriptors = descriptors;
  wait.descriptor_count = count;
  wait.deadline_ns = deadline_ns;
  wait.wake_fd = own_wake_fd();
  pthread_mutex_lock(&scheduler_lock);
  block(wait);
  for (;;) {
    Woken woken = Woken::kReady;
    const bool expired = wait.state == Wait::State::kTimedOut;
    if (look(context) != 0 || expired) {
      const int error = errno;
      if (expired) woken = Woken::kTimedOut;
      forget(wait);
      pthread_mutex_unlock(&scheduler_lock);
      errno = error;
      return woken;
    }
    if (program_is_idle(&wait)) {
      act(nearest_deadline());
      continue;
    }
    wait.asleep = true;
    pthread_mutex_unlock(&scheduler_lock);
    woken = sleep_until_ready(wait);
    pthread_mutex_lock(&scheduler_lock);
    wait.asleep = false;
    if (woken == Woken::kInterrupted) {
      forget(wait);
      pthread_mutex_unlock(&scheduler_lock);
      errno = EINTR;
      return woken;
    }
  }
}

bool begin_wait(Wait& wait) {
  thread_seen();
  const Locked locked;
  block(wait);
  while (wait.state == Wait::State::kBlocked && program_is_idle(&wait)) act(nearest_deadline());
  wait.asleep = wait.state == Wait::State::kBlocked;
  if (!wait.asleep) forget(wait);
  return wait.asleep;
}

bool end_wait(Wait& wait) {
  const Locked locked;
  if (wait.state != Wait::State::kBlocked) {
    released.remove(wait);
    return true;
  }
  // Woken without having been released: the kernel chose this thread for a wake-up that was
  // booked for another one, so the two change places; otherwise it was nobody's.
  for (Wait* other = released.first; other != nullptr; other = other->next) {
    if (other->object != wait.object || other->state != Wait::State::kReleased) continue;
    released.remove(*other);
    block(*other);
    forget(wait);
    return true;
  }
  if (wait.kind == Wait::Kind::kCondition && scheduling()) return false;
  forget(wait);
  return true;
}

void release_one(const void* object) {
  const Locked locked;
  for (Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->object == object) return let_go(*wait, Wait::State::kReleased);
  }
}

void release_all(const void* object) {
  const Locked locked;
  for (Wait* wait = blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    if (wait->object == object) let_go(*wait, Wait::State::kReleased);
    wait = next;
  }
}

void thread_announced() {
  const Locked locked;
  ++thread_count;
}

void thread_started() {
  counted = true;
}

void thread_seen() {
  if (counted) return;
  counted = true;
  thread_announced();
}

void thread_withdrawn() {
  const Locked locked;
  --thread_count;
}

void thread_ended() {
  if (!counted) return;
  counted = false;
  const Locked locked;
  --thread_count;
  if (thread_wake_fd >= 0) CRASHREEL_REAL(close)(thread_wake_fd);
  thread_wake_fd = -1;
  // The rest may all be waiting for something that only the script can bring.
  if (thread_count > 0 && program_is_idle(nullptr)) act(nearest_deadline());
}

void expire_waits(std::uint64_t now) {
  for (Wait* wait = blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    if (wait->deadline_ns <= now) {
      let_go(*wait, Wait::State::kTimedOut);
      wake(*wait);
    }
    wait = next;
  }
}

}  // namespace crashreel::player
