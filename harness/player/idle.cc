#include "harness/player/idle.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"
#include "harness/player/handover.h"
#include "harness/player/readiness.h"

namespace crashreel::player {
namespace {

// Waits and threads are owned by their threads' stacks or thread-local storage.
template <typename Member>
struct List {
  Member* first = nullptr;
  Member* last = nullptr;

  void add(Member& member) {
    member.previous = last;
    member.next = nullptr;
    (last == nullptr ? first : last->next) = &member;
    last = &member;
  }

  void remove(Member& member) {
    (member.previous == nullptr ? first : member.previous->next) = member.next;
    (member.next == nullptr ? last : member.next->previous) = member.previous;
  }
};

struct Thread {
  bool counted = false;
  bool over = false;  // it has ended, but for what libc still does on it
  pthread_t id = {};
  int wake_fd = -1;
  int kernel_id = 0;
  Thread* previous = nullptr;
  Thread* next = nullptr;
};

pthread_mutex_t scheduler_lock = PTHREAD_MUTEX_INITIALIZER;
List<Wait> blocked;  // who waits longest comes first
List<Thread> threads;
long blocked_count = 0;
long thread_count = 0;     // of `threads`, those announced, and handlers that run meanwhile
long announced_count = 0;  // not in `threads` yet
Act act = nullptr;
Missed missed = nullptr;
const Wait* acting = nullptr;  // the wait of the thread that acts, if it has one
bool has_lost = false;         // there are waits whose thread was not copied
std::atomic<bool> active{false};

pthread_key_t end_of_thread;
thread_local Thread self;
thread_local bool inside = false;  // this thread holds the lock

void lock_scheduler() {
  CRASHREEL_REAL(pthread_mutex_lock)(&scheduler_lock);
  inside = true;
}

void unlock_scheduler() {
  inside = false;
  ::pthread_mutex_unlock(&scheduler_lock);
}

// Leaves errno alone, as the pthread functions do.
class Locked {
 public:
  Locked() : errno_(errno) { lock_scheduler(); }
  ~Locked() {
    unlock_scheduler();
    errno = errno_;
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  void keep_errno() { errno_ = errno; }

 private:
  int errno_;
};

int kernel_id() {
  if (self.kernel_id == 0) self.kernel_id = static_cast<int>(::syscall(SYS_gettid));
  return self.kernel_id;
}

void block(Wait& wait) {
  blocked.add(wait);
  ++blocked_count;
}

void forget(Wait& wait) {
  if (wait.state.load(std::memory_order_relaxed) != Wait::kBlocked) return;
  blocked.remove(wait);
  --blocked_count;
}

// The thread counts as running from here on, and learns of it as soon as it gets the lock.
void let_go(Wait& wait, Wait::State state) {
  if (wait.lost) missed();
  blocked.remove(wait);
  --blocked_count;
  wait.state.store(state, std::memory_order_release);
  if (!wait.asleep) return;
  if (wait.kind == Wait::Kind::kDescriptors) {
    const std::uint64_t one = 1;
    if (wait.wake_fd >= 0) (void)!CRASHREEL_REAL(write)(wait.wake_fd, &one, sizeof one);
  } else {
    ::syscall(SYS_futex, &wait.state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

bool is_alive(pthread_t id) {
  if (announced_count > 0) return true;  // it may be one of those
  for (const Thread* thread = threads.first; thread != nullptr; thread = thread->next) {
    if (pthread_equal(thread->id, id) != 0) return true;
  }
  return false;
}

bool is_ready(const Wait& wait) {
  switch (wait.kind) {
    case Wait::Kind::kSemaphore:
      return is_ready_for_semaphore(wait);
    case Wait::Kind::kMutex:
      return is_ready_for_mutex(wait);
    case Wait::Kind::kJoin:
      return !is_alive(reinterpret_cast<pthread_t>(wait.object));
    case Wait::Kind::kCondition:    // released by whoever signals it
    case Wait::Kind::kDescriptors:  // asked all at once
      return false;
  }
  return false;
}

// They are not asked together with the others: that one of these is ready ends the try.
void look_for_the_missed() {
  static Question question;
  bool ready = false;
  for (const Wait* wait = blocked.first; wait != nullptr && !ready; wait = wait->next) {
    if (wait->lost) ready = is_ready(*wait) || question.add(*wait);
  }
  if (question.ask() || ready) missed();
}

bool another_is_ready(const Wait* own) {
  if (has_lost) look_for_the_missed();
  static Question question;  // under the lock, so one is enough
  bool ready = false;
  for (const Wait* wait = blocked.first; wait != nullptr && !ready; wait = wait->next) {
    if (wait != own && !wait->lost) ready = is_ready(*wait) || question.add(*wait);
  }
  return question.ask() || ready;  // asked in any case, so that nothing is left of it
}

std::uint64_t nearest_deadline() {
  std::uint64_t nearest = kForever;
  for (const Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->deadline_ns < nearest) nearest = wait->deadline_ns;
  }
  return nearest;
}

// In an attendant: not its turn to act, but to say that it has nothing to do.
void rest() {
  const std::uint64_t round = round_asked();
  advance_clock(first_process_now_ns());
  expire_waits(now_ns());
  const bool idle = blocked_count >= thread_count && !another_is_ready(nullptr);
  if (idle) say_quiet(round, nearest_deadline());
}

bool program_is_idle(const Wait* own) {
  acting = own;
  if (!active.load(std::memory_order_relaxed) || blocked_count < thread_count) return false;
  if (attends()) {
    rest();
    return false;
  }
  if (is_aside()) return false;
  // Others may have given this thread something to do since it looked.
  if (has_attendants()) return attendants_are_quiet() && !another_is_ready(nullptr);
  return !another_is_ready(own);
}

// Whether a handler of the program's runs for this signal on this thread, and what comes after it.
Woken after_handling(int signal) {
  struct sigaction action;
  if (CRASHREEL_REAL(sigaction)(signal, nullptr, &action) != 0) return Woken::kReady;
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return Woken::kReady;
  sigset_t mask;
  CRASHREEL_REAL(pthread_sigmask)(SIG_BLOCK, nullptr, &mask);
  if (sigismember(&mask, signal) != 0) return Woken::kReady;
  return (action.sa_flags & SA_RESTART) != 0 ? Woken::kResumable : Woken::kInterrupted;
}

// Brings the idle program on. A signal is raised outside the lock, for its handler is the program's
// code and may come back here; while it runs, this thread does not count as blocked.
Woken bring_on() {
  note_move();
  const std::uint64_t others = attendants_deadline();
  const std::uint64_t own = nearest_deadline();
  const int signal = act(own < others ? own : others);
  if (signal == 0) return Woken::kReady;
  const Woken woken = after_handling(signal);
  ++thread_count;
  unlock_scheduler();
  ::kill(::getpid(), signal);
  lock_scheduler();
  --thread_count;
  return woken;
}

// The real wait of a thread that is not the one to act. False: a signal handler ran.
bool sleep_until_ready(Wait& wait) {
  const nfds_t count = wait.descriptor_count;
  if (wait.state.load(std::memory_order_relaxed) != Wait::kBlocked) return true;
  auto* all = static_cast<pollfd*>(__builtin_alloca((count + 2) * sizeof(pollfd)));
  for (nfds_t i = 0; i < count; ++i) all[i] = wait.descriptors[i];
  all[count] = {wait.wake_fd, POLLIN, 0};
  all[count + 1] = {attendants_fd(), POLLIN, 0};
  wait.asleep = true;
  unlock_scheduler();
  const bool slept = CRASHREEL_REAL(poll)(all, count + 2, -1) >= 0;
  if (slept && all[count].revents != 0) {
    std::uint64_t drained;
    (void)!CRASHREEL_REAL(read)(wait.wake_fd, &drained, sizeof drained);
  }
  follow_fed_process();
  lock_scheduler();
  wait.asleep = false;
  return slept;
}

bool sleep_until_released(Wait& wait) {
  wait.asleep = true;
  unlock_scheduler();
  const long slept =
      ::syscall(SYS_futex, &wait.state, FUTEX_WAIT_PRIVATE, Wait::kBlocked, nullptr, nullptr, 0);
  const bool handled = slept != 0 && errno == EINTR;
  lock_scheduler();
  wait.asleep = false;
  return !handled;
}

// Ends the joins whose thread is known to be gone: one has ended, or has come to be known by
// number.
void end_joins() {
  for (Wait* wait = blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    const bool joins = wait->kind == Wait::Kind::kJoin;
    if (joins && is_ready(*wait)) let_go(*wait, Wait::kReleased);
    wait = next;
  }
}

// The thread counts, and until it has ended.
void take_in() {
  self.counted = true;
  self.id = ::pthread_self();
  threads.add(self);
  ::pthread_setspecific(end_of_thread, &self);
}

}  // namespace

void start_scheduling(Act chosen, Missed when_missed) {
  act = chosen;
  missed = when_missed;
  ::pthread_key_create(&end_of_thread, [](void*) { thread_ended(); });
  thread_seen();
  active.store(true, std::memory_order_release);
}

void stop_scheduling() {
  active.store(false, std::memory_order_release);
}

bool scheduling() {
  return active.load(std::memory_order_acquire) && !inside && !self.over;
}

int own_wake_fd() {
  if (self.wake_fd < 0) self.wake_fd = move_out_of_sight(::eventfd(0, EFD_CLOEXEC));
  return self.wake_fd;
}

bool is_only_thread() {
  const Locked locked;
  return thread_count == 1;
}

void be_forked_thread(int wake_fd) {
  self.wake_fd = wake_fd;
  self.kernel_id = 0;
}

bool waits_for_signals_alone() {
  for (const Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->kind != Wait::Kind::kDescriptors || wait->descriptor_count != 0) return false;
    if (wait->deadline_ns != kForever) return false;
  }
  return true;
}

void do_locked(void (*what)(void* context), void* context) {
  const Locked locked;
  what(context);
}

Woken wait_for_descriptors(pollfd* descriptors, nfds_t count, std::uint64_t deadline_ns, Look look,
                           void* context) {
  thread_seen();
  Wait wait;
  wait.descriptors = descriptors;
  wait.descriptor_count = count;
  wait.deadline_ns = deadline_ns;
  wait.wake_fd = own_wake_fd();
  Locked locked;
  block(wait);
  for (;;) {
    const bool expired = wait.state.load(std::memory_order_relaxed) == Wait::kTimedOut;
    if (look(context) != 0 || expired) {
      locked.keep_errno();
      forget(wait);
      note_move();
      return expired ? Woken::kTimedOut : Woken::kReady;
    }
    Woken woken = Woken::kReady;
    if (program_is_idle(&wait)) {
      woken = bring_on();
    } else if (!sleep_until_ready(wait)) {
      woken = Woken::kResumable;  // nobody can say; most handlers are installed so
    }
    if (woken == Woken::kInterrupted || woken == Woken::kResumable) {
      forget(wait);
      note_move();
      return woken;
    }
  }
}

Woken wait_for_object(Wait::Kind kind, const void* object, std::uint64_t deadline_ns,
                      pthread_mutex_t* held) {
  thread_seen();
  Wait wait;
  wait.kind = kind;
  wait.object = object;
  wait.deadline_ns = deadline_ns;
  const Locked locked;
  block(wait);
  if (held != nullptr) ::pthread_mutex_unlock(held);
  bool handled = false;
  while (wait.state.load(std::memory_order_relaxed) == Wait::kBlocked && !is_ready(wait) &&
         !(handled && kind == Wait::Kind::kSemaphore)) {
    if (program_is_idle(&wait)) {
      handled = bring_on() == Woken::kInterrupted;
    } else {
      handled = !sleep_until_released(wait);
    }
  }
  const std::uint32_t state = wait.state.load(std::memory_order_relaxed);
  const bool ready = state == Wait::kReleased || is_ready(wait);
  forget(wait);
  note_move();
  if (state == Wait::kTimedOut) return Woken::kTimedOut;
  return ready ? Woken::kReady : Woken::kInterrupted;
}

void begin_mutex_wait(Wait& wait, pthread_mutex_t* mutex) {
  thread_seen();
  wait.kind = Wait::Kind::kMutex;
  wait.object = mutex;
  wait.thread_id = kernel_id();
  const Locked locked;
  block(wait);
  while (!is_ready(wait) && program_is_idle(&wait)) bring_on();
}

void end_mutex_wait(Wait& wait) {
  const Locked locked;
  forget(wait);
}

void release_one(const void* object) {
  const Locked locked;
  for (Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait->object == object) return let_go(*wait, Wait::kReleased);
  }
}

void release_all(const void* object) {
  const Locked locked;
  for (Wait* wait = blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    if (wait->object == object) let_go(*wait, Wait::kReleased);
    wait = next;
  }
}

void thread_announced() {
  const Locked locked;
  ++thread_count;
  ++announced_count;
}

void thread_withdrawn() {
  const Locked locked;
  --thread_count;
  --announced_count;
  end_joins();
}

void thread_started() {
  const Locked locked;
  --announced_count;
  take_in();
  end_joins();
}

void thread_seen() {
  if (self.counted) return;
  const Locked locked;
  ++thread_count;
  take_in();
}

void thread_ended() {
  if (!self.counted || !scheduling()) return;
  self.counted = false;
  self.over = true;
  const Locked locked;
  threads.remove(self);
  --thread_count;
  close_own(self.wake_fd);
  self.wake_fd = -1;
  end_joins();
  // The rest may all be waiting for something that only the script can bring.
  while (thread_count > 0 && program_is_idle(nullptr)) bring_on();
}

void forget_thread_number() {
  self.kernel_id = 0;
}

void lose_other_threads() {
  for (Wait* wait = blocked.first; wait != nullptr; wait = wait->next) {
    if (wait == acting) continue;
    wait->lost = true;
    has_lost = true;
  }
}

void expire_waits(std::uint64_t now) {
  for (Wait* wait = blocked.first; wait != nullptr;) {
    Wait* const next = wait->next;
    if (wait->deadline_ns <= now) let_go(*wait, Wait::kTimedOut);
    wait = next;
  }
}

}  // namespace crashreel::player
