#include "capture/runtime/ring_pieces.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/runtime/ring_append.h"
#include "capture/runtime/ring_clock.h"

namespace crashreel::ring {
namespace {

// Asked of the kernel once in a thread, for a filter of system calls that comes later may kill for
// it.
std::uint32_t thread_id(std::uint32_t pid) {
  for (const Slot& other : t_thread.slots) {
    if (other.epoch == pid) return other.tid;
  }
  return static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

// First record of this slot, or first since a fork: whatever the slot holds is the parent's.
void set_up(Slot& slot, std::uint32_t pid) {
  slot = Slot{};
  slot.number = __atomic_fetch_add(&g_ring.super->slots, 1u, __ATOMIC_RELAXED);
  slot.tid = thread_id(pid);
  if (g_ring.has_exit_key) ::pthread_setspecific(g_ring.exit_key, &t_thread);
  slot.epoch = pid;
}

// The pid that the epoch page says, telling it if a fork has wiped it. 0: the recording has been
// stopped meanwhile, which wipes it too.
std::uint32_t current_epoch() {
  std::uint32_t pid = __atomic_load_n(g_ring.epoch, __ATOMIC_RELAXED);
  if (pid == 0) {
    pid = static_cast<std::uint32_t>(::syscall(SYS_getpid));
    __atomic_store_n(g_ring.epoch, pid, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&g_ring.active, __ATOMIC_SEQ_CST)) return pid;
    __atomic_store_n(g_ring.epoch, pid = 0, __ATOMIC_RELAXED);
  }
  return pid;
}

// Splits what does not fit, taking chunks as it goes. A rest of a chunk too small to be worth a
// piece is left empty. `now`: the stamp, unless the slot's last one is as late.
bool append_pieces(Slot& slot, std::uint32_t kind, std::uint32_t session,
                   const unsigned char* payload, std::size_t size, std::uint64_t now) {
  const std::uint64_t stamp = claim_stamp(slot, now);
  const std::uint64_t total = size < g_ring.max_payload ? size : g_ring.max_payload;
  const unsigned cut = total < size ? kCut : 0u;
  std::uint64_t done = 0;
  do {
    const std::uint64_t left = total - done;
    const std::uint64_t room = room_in(slot);
    if (room < g_ring.record_bytes + (left < g_ring.min_piece ? left : g_ring.min_piece) &&
        !take_chunk(slot, t_thread, stamp)) {
      drop();
      return false;
    }
    const std::uint64_t most = room_in(slot) - g_ring.record_bytes;
    const std::uint64_t piece = left < most ? left : most;
    const unsigned first = done == 0 ? kFirst : 0u;
    const unsigned last = done + piece == total ? kLast : 0u;
    const Record record{static_cast<std::uint32_t>(piece),
                        kind,
                        first | last | cut,
                        session,
                        static_cast<std::uint32_t>(first != 0 ? total : done),
                        stamp};
    append<Way::kAny>(slot, record, payload + done, total);
    done += piece;
  } while (done < total);
  return true;
}

}  // namespace

void drop() {
  if (g_ring.super != nullptr) __atomic_fetch_add(&g_ring.super->dropped, 1u, __ATOMIC_RELAXED);
}

[[gnu::noinline]] bool record_slowly(Slot& slot, std::uint32_t kind, std::uint32_t session,
                                     const void* bytes, std::size_t size, std::uint64_t began) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return false;
  const bool kind_is_known = kind >= kFirstKind && kind <= kLastKind;
  if (!kind_is_known || (bytes == nullptr && size != 0)) {
    drop();
    return false;
  }
  const int saved_errno = errno;
  const std::uint32_t epoch = current_epoch();
  if (epoch == 0) {
    errno = saved_errno;
    return false;
  }
  if (slot.epoch != epoch) set_up(slot, epoch);
  // Nothing may come from nowhere, but memcpy wants to be told a place for it.
  const void* from = size != 0 ? bytes : "";
  const bool recorded = append_pieces(slot, kind, session, static_cast<const unsigned char*>(from),
                                      size, began != 0 ? began : read_stamp());
  errno = saved_errno;
  return recorded;
}

}  // namespace crashreel::ring
