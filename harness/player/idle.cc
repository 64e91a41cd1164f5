#include "harness/player/idle.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/handover.h"
#include "harness/player/kernel_call.h"
#include "harness/player/process_number.h"
#include "harness/player/scheduler.h"
#include "harness/player/timers.h"

namespace crashreel::player {

Scheduler scheduler;

namespace {

// In an attendant: not its turn to act, but to say that it has nothing to do. True: a timer of its
// own has come to its end, which is for itself to see to.
bool rest() {
  const std::uint64_t round = round_asked();
  advance_clock(first_process_now_ns());
  expire_waits(now_ns());
  const bool idle = scheduler.blocked_count >= scheduler.thread_count && !another_is_ready(nullptr);
  if (idle && nearest_timer() <= now_ns()) return true;
  if (idle) say_quiet(round, nearest_deadline());
  return false;
}

int act_now() {
  if (attends()) return end_timers(now_ns());
  const std::uint64_t others = attendants_deadline();
  const std::uint64_t own = nearest_deadline();
  return scheduler.act(own < others ? own : others);
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
  const bool handled = kernel_call(SYS_futex, reinterpret_cast<long>(&wait.state),
                                   FUTEX_WAIT_PRIVATE, Wait::kBlocked, 0, 0, 0) == -EINTR;
  lock_scheduler();
  wait.asleep = false;
  return !handled;
}

// Then there is nothing to look for: whatever else may be ready ends the real wait.
bool gave_others_alone() {
  return scheduler.has_marked && (scheduler.acting == nullptr || !has_lent(*scheduler.acting));
}

}  // namespace

bool program_is_idle(const Wait* own) {
  scheduler.acting = own;
  if (!scheduler.active.load(std::memory_order_relaxed) ||
      scheduler.blocked_count < scheduler.thread_count)
    return false;
  if (attends()) return rest();
  if (is_aside()) return false;
  // Others may have given this thread something to do since it looked.
  if (has_attendants()) return attendants_are_quiet() && !another_is_ready(nullptr);
  return !another_is_ready(own);
}

// Brings the idle program on. A signal is raised outside the lock, for its handler is the program's
// code and may come back here; while it runs, this thread does not count as blocked.
Woken bring_on() {
  note_move();
  const int signal = act_now();
  if (signal == 0) return gave_others_alone() ? Woken::kPassedOn : Woken::kReady;
  if (signal == kPassOn) return Woken::kPassedOn;
  if (signal == kTimePassed) return Woken::kTimedOut;
  const Woken woken = after_handling(signal);
  const TimerSignal timer = take_timer_signal();
  ++scheduler.thread_count;
  unlock_scheduler();
  timer.event.sigev_signo == 0 ? static_cast<void>(::kill(real_process(), signal))
                               : raise_for_timer(timer);
  lock_scheduler();
  --scheduler.thread_count;
  return woken;
}

void start_scheduling(Act chosen, Missed when_missed) {
  scheduler.act = chosen;
  scheduler.missed = when_missed;
  prepare_threads();
  thread_seen();
  scheduler.active.store(true, std::memory_order_release);
}

void stop_scheduling() {
  scheduler.active.store(false, std::memory_order_release);
}

bool scheduling() {
  return scheduler.active.load(std::memory_order_acquire) && !inside && !self.over;
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
    if (program_is_idle(&wait))
      woken = bring_on();
    else
      woken = Woken::kPassedOn;
    // Since the look nothing can have become ready.
    if (woken == Woken::kTimedOut &&
        wait.state.load(std::memory_order_relaxed) == Wait::kTimedOut) {
      note_move();
      return woken;
    }
    if (woken == Woken::kPassedOn && !sleep_until_ready(wait)) {
      woken = Woken::kResumable;  // nobody can say; most handlers are installed so
    }
    if (woken == Woken::kInterrupted || woken == Woken::kResumable) {
      forget(wait);
      note_move();
      return woken;
    }
  }
}

namespace {

// From block() on, under the lock, until the wait is over or a handler ran that ends it as well.
void sit_out(Wait& wait, bool ends_by_handler) {
  bool handled = false;
  while (wait.state.load(std::memory_order_relaxed) == Wait::kBlocked && !is_ready(wait) &&
         !(handled && ends_by_handler)) {
    const Woken woken = program_is_idle(&wait) ? bring_on() : Woken::kPassedOn;
    handled = woken == Woken::kInterrupted;
    if (woken == Woken::kPassedOn) handled = !sleep_until_released(wait);
  }
}

}  // namespace

Woken wait_for_object(Wait::Kind kind, const void* object, std::uint64_t deadline_ns,
                      pthread_mutex_t* held) {
  thread_seen();
  Wait wait;
  wait.kind = kind;
  wait.object = object;
  wait.deadline_ns = deadline_ns;
  const Locked locked;
  block(wait);
  if (held != nullptr) {
    ::pthread_mutex_unlock(held);
    let_all_go(held);  // those who wait for it until a time
  }
  sit_out(wait, kind == Wait::Kind::kSemaphore);
  const std::uint32_t state = wait.state.load(std::memory_order_relaxed);
  const bool ready = state == Wait::kReleased || is_ready(wait);
  forget(wait);
  note_move();
  if (state == Wait::kTimedOut) return Woken::kTimedOut;
  return ready ? Woken::kReady : Woken::kInterrupted;
}

Unless wait_unless(Look look, void* context, const void* object, std::uint64_t deadline_ns,
                   std::uint32_t bits) {
  thread_seen();
  Wait wait;
  wait.kind = Wait::Kind::kCondition;
  wait.object = object;
  wait.deadline_ns = deadline_ns;
  wait.bits = bits;
  const Locked locked;
  if (look(context) != 0) return Unless::kNotAtAll;
  block(wait);
  sit_out(wait, true);
  const std::uint32_t state = wait.state.load(std::memory_order_relaxed);
  forget(wait);
  note_move();
  if (state == Wait::kTimedOut) return Unless::kTimedOut;
  return state == Wait::kReleased ? Unless::kReleased : Unless::kInterrupted;
}

void begin_mutex_wait(Wait& wait, pthread_mutex_t* mutex) {
  thread_seen();
  wait.kind = Wait::Kind::kMutex;
  wait.object = mutex;
  // Whoever has it already waits for itself. Nobody is to take him for one who has just been given
  // it.
  const bool has_it = __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == kernel_id();
  wait.thread_id = has_it ? 0 : kernel_id();
  const Locked locked;
  block(wait);
  while (!is_ready(wait) && program_is_idle(&wait) && bring_on() != Woken::kPassedOn) {
  }
}

void end_mutex_wait(Wait& wait) {
  const Locked locked;
  forget(wait);
}

}  // namespace crashreel::player
