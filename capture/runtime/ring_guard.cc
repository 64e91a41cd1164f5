#include "capture/runtime/ring_guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/runtime/ring.h"

namespace crashreel::ring {
namespace {

// In memory of our own: the superblock, which says it too, may be among the pages that are gone.
unsigned char* g_base = nullptr;
std::uint64_t g_bytes = 0;

struct sigaction g_previous;  // what is done with SIGBUS that are not ours
bool g_installed = false;

bool lies_in_ring(const void* address) {
  const std::uint64_t bytes = __atomic_load_n(&g_bytes, __ATOMIC_ACQUIRE);
  const auto base = reinterpret_cast<std::uintptr_t>(__atomic_load_n(&g_base, __ATOMIC_ACQUIRE));
  return reinterpret_cast<std::uintptr_t>(address) - base < bytes;
}

// Other threads may be anywhere inside a record: they end it in memory that nobody reads.
bool go_on_without_ring() {
  __atomic_store_n(&g_ring.active, false, __ATOMIC_SEQ_CST);
  __atomic_store_n(g_ring.epoch, 0u, __ATOMIC_SEQ_CST);
  return ::mmap(g_base, g_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

// A fault of an instruction comes again with that instruction; everything else was sent to us, by
// another process or by the kernel, and has to be sent again.
bool comes_again(const siginfo_t& info) {
  return info.si_code == BUS_ADRALN || info.si_code == BUS_ADRERR || info.si_code == BUS_OBJERR ||
         info.si_code == BUS_MCEERR_AR;
}

void die_as_without_us(siginfo_t* info) {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGBUS, &standard, nullptr);
  if (comes_again(*info)) return;
  ::syscall(SYS_rt_tgsigqueueinfo, ::syscall(SYS_getpid), ::syscall(SYS_gettid), SIGBUS, info);
}

void pass_on(siginfo_t* info, void* context) {
  const struct sigaction previous = g_previous;
  const bool full = (previous.sa_flags & SA_SIGINFO) != 0;
  if (!full && previous.sa_handler == SIG_DFL) return die_as_without_us(info);
  if ((static_cast<unsigned>(previous.sa_flags) & SA_RESETHAND) != 0) {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    ::sigaction(SIGBUS, &standard, nullptr);
  }
  if (full) return previous.sa_sigaction(SIGBUS, info, context);
  previous.sa_handler(SIGBUS);
}

void on_sigbus(int, siginfo_t* info, void* context) {
  if (!survive_fault(*info)) pass_on(info, context);
}

// A program that ignores SIGBUS has what it starts ignore it too, which no handler can hand on. It
// keeps that, and has no guard.
void install() {
  if (::sigaction(SIGBUS, nullptr, &g_previous) != 0) return;
  const bool handled = (g_previous.sa_flags & SA_SIGINFO) != 0;
  if (!handled && g_previous.sa_handler == SIG_IGN) return;
  struct sigaction ours{};
  ours.sa_sigaction = on_sigbus;
  ours.sa_mask = g_previous.sa_mask;
  ours.sa_flags = SA_SIGINFO | (g_previous.sa_flags & (SA_ONSTACK | SA_NODEFER | SA_RESTART));
  if (!handled && g_previous.sa_handler == SIG_DFL) ours.sa_flags |= SA_ONSTACK | SA_RESTART;
  g_installed = ::sigaction(SIGBUS, &ours, nullptr) == 0;
}

}  // namespace

bool survive_fault(const siginfo_t& info) {
  const int saved_errno = errno;
  const bool ours = info.si_code > 0 && lies_in_ring(info.si_addr) && go_on_without_ring();
  errno = saved_errno;
  return ours;
}

bool guard_is_installed() {
  return g_installed;
}

std::uint64_t guarded_bytes() {
  return __atomic_load_n(&g_bytes, __ATOMIC_RELAXED);
}

void guard_ring(unsigned char* base, std::uint64_t bytes) {
  __atomic_store_n(&g_bytes, std::uint64_t{0}, __ATOMIC_RELEASE);
  __atomic_store_n(&g_base, base, __ATOMIC_RELEASE);
  __atomic_store_n(&g_bytes, bytes, __ATOMIC_RELEASE);
  if (!g_installed && bytes != 0) install();
}

}  // namespace crashreel::ring
