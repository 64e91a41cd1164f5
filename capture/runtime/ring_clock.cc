// Can the stamps of a ring be the CPU's cycle counter?
//
// Where the kernel keeps its own time by it, yes. In a virtual machine the kernel often keeps time
// by a clock that its host makes from the same counter, and does not say that it trusts that. Then
// what matters is looked at: on each CPU the counter and the kernel's clock must be the same line,
// or else a stamp of one CPU can't be told from an earlier one of another.
#include "capture/runtime/ring_clock.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace crashreel::ring {
namespace {

#if defined(__x86_64__) || defined(__i386__)

// The counter ticks at one rate in all power states.
bool rate_is_constant() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 1u << 8) != 0;
}

// A kernel that watched the counter run apart between CPUs has changed its clock source.
bool kernel_keeps_time_by_it() {
  char source[4] = {};
  const int fd = ::open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                        O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t got = ::read(fd, source, sizeof source);
  ::close(fd);
  return got == sizeof source && ::memcmp(source, "tsc\n", sizeof source) == 0;
}

constexpr std::uint64_t kNearCycles = 1000;  // well below a microsecond on any machine

// A pair whose halves are near each other; false where none is to be had, for the kernel's clock is
// then not made from the counter but asked for in a system call.
bool near_pair(ClockPair* pair) {
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t before = read_cycles();
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t width = read_cycles() - before;
    *pair = {before + width / 2, now};
    if (width < kNearCycles) return true;
  }
  return false;
}

bool move_to(unsigned cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return ::syscall(SYS_sched_setaffinity, 0, sizeof one, &one) == 0;
}

// The line through two pairs of one CPU must pass by the pairs of all others, read in between.
class OneLine {
 public:
  bool holds_on(const cpu_set_t& cpus) {
    unsigned count = 0, first = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &cpus)) continue;
      if (count == kMost || !move_to(cpu) || !near_pair(&pairs_[count])) return false;
      if (count++ == 0) first = cpu;
    }
    ClockPair last;
    if (count == 0 || !move_to(first) || !near_pair(&last)) return false;
    for (unsigned i = 1; i < count; ++i) {
      if (!passes(pairs_[0], last, pairs_[i])) return false;
    }
    return true;
  }

 private:
  static constexpr unsigned kMost = 128;

  static bool passes(const ClockPair& from, const ClockPair& to, const ClockPair& at) {
    const auto cycles = static_cast<double>(to.stamp - from.stamp);
    const auto ns = static_cast<double>(to.monotonic_ns - from.monotonic_ns);
    if (!(cycles > 0 && ns > 0)) return false;
    const double expected = static_cast<double>(at.monotonic_ns - from.monotonic_ns) / ns * cycles;
    const double off =
        static_cast<double>(static_cast<std::int64_t>(at.stamp - from.stamp)) - expected;
    return off < kNearCycles && off > -static_cast<double>(kNearCycles);
  }

  ClockPair pairs_[kMost];
};

// Only where the thread may run on all CPUs that are there: what it can't visit, it can't judge.
bool all_cpus_agree() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::syscall(SYS_sched_getaffinity, 0, sizeof cpus, &cpus) <= 0) return false;
  long count = 0;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) count += CPU_ISSET(cpu, &cpus) ? 1 : 0;
  if (count != ::sysconf(_SC_NPROCESSORS_ONLN)) return false;
  const bool agree = OneLine().holds_on(cpus);
  ::syscall(SYS_sched_setaffinity, 0, sizeof cpus, &cpus);
  return agree;
}

#endif

}  // namespace

bool cycles_are_trustworthy() {
#if defined(__x86_64__) || defined(__i386__)
  return rate_is_constant() && (kernel_keeps_time_by_it() || all_cpus_agree());
#elif defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

void find_clock(Ring& ring) {
  // A preloaded recorder stands in front of the C library's clock, and would record our reading it.
  void* real = ::dlsym(RTLD_NEXT, "clock_gettime");
  ring.clock_gettime =
      real != nullptr ? reinterpret_cast<decltype(&::clock_gettime)>(real) : &::clock_gettime;
}

}  // namespace crashreel::ring
