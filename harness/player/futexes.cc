#include "harness/player/futexes.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include "harness/player/clock.h"
#include "harness/player/kernel_call.h"
#include "harness/player/scheduler.h"

namespace crashreel::player {
namespace {

constexpr std::uint32_t kAnyBit = FUTEX_BITSET_MATCH_ANY;

int operation_of(const FutexCall& call) {
  return call.operation & FUTEX_CMD_MASK;
}

std::uint64_t deadline_of(const FutexCall& call) {
  if (call.timeout == nullptr) return kForever;
  const bool of_day = (call.operation & FUTEX_CLOCK_REALTIME) != 0;
  if (operation_of(call) == FUTEX_WAIT) return deadline_in(to_ns(*call.timeout));
  return deadline_at(of_day ? CLOCK_REALTIME : CLOCK_MONOTONIC, *call.timeout);
}

// The word holds something else already: there is nothing to wait for.
int has_changed(void* raw) {
  const auto* call = static_cast<const FutexCall*>(raw);
  return __atomic_load_n(call->word, __ATOMIC_ACQUIRE) != call->value ? 1 : 0;
}

long wait_on(FutexCall call, std::uint32_t bits) {
  switch (wait_unless(has_changed, &call, call.word, deadline_of(call), bits)) {
    case Unless::kNotAtAll:
      return -EAGAIN;
    case Unless::kTimedOut:
      return -ETIMEDOUT;
    case Unless::kInterrupted:
      return -EINTR;
    case Unless::kReleased:
      break;
  }
  return 0;
}

// Under the lock.
long wake_up(const std::uint32_t* word, std::uint32_t most, std::uint32_t bits) {
  long woken = 0;
  for (Wait* wait = scheduler.blocked.first; wait != nullptr && woken < most;) {
    Wait* const next = wait->next;
    if (wait->object == word && (wait->bits & bits) != 0) {
      let_go(*wait, Wait::kReleased);
      ++woken;
    }
    wait = next;
  }
  return woken;
}

// Under the lock.
long move_to(const std::uint32_t* from, const std::uint32_t* to, std::uint32_t most) {
  long moved = 0;
  for (Wait* wait = scheduler.blocked.first; wait != nullptr && moved < most; wait = wait->next) {
    if (wait->object != from) continue;
    wait->object = to;
    ++moved;
  }
  return moved;
}

// Whoever began to wait before the player was there, or in another process, waits in the kernel.
long wake_in_kernel(const FutexCall& call, std::uint32_t most) {
  if (most == 0) return 0;
  return kernel_call(SYS_futex, reinterpret_cast<long>(call.word), call.operation,
                     static_cast<long>(most), 0, 0, static_cast<long>(call.value3));
}

long wake(const FutexCall& call, std::uint32_t bits) {
  long woken = 0;
  {
    const Locked locked;
    woken = wake_up(call.word, call.value, bits);
  }
  const long further = wake_in_kernel(call, call.value - static_cast<std::uint32_t>(woken));
  return further < 0 ? further : woken + further;
}

long requeue(const FutexCall& call) {
  const auto most = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(call.timeout));
  const Locked locked;
  const bool compares = operation_of(call) == FUTEX_CMP_REQUEUE;
  if (compares && __atomic_load_n(call.word, __ATOMIC_ACQUIRE) != call.value3) return -EAGAIN;
  const long woken = wake_up(call.word, call.value, kAnyBit);
  const long moved = move_to(call.word, call.other, most);
  return compares ? woken + moved : woken;
}

}  // namespace

bool serve_futex(const FutexCall& call, long* result) {
  switch (operation_of(call)) {
    case FUTEX_WAIT:
      *result = wait_on(call, kAnyBit);
      return true;
    case FUTEX_WAIT_BITSET:
      *result = call.value3 == 0 ? -EINVAL : wait_on(call, call.value3);
      return true;
    case FUTEX_WAKE:
      *result = wake(call, kAnyBit);
      return true;
    case FUTEX_WAKE_BITSET:
      *result = call.value3 == 0 ? -EINVAL : wake(call, call.value3);
      return true;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
      *result = requeue(call);
      return true;
    default:
      return false;
  }
}

}  // namespace crashreel::player
