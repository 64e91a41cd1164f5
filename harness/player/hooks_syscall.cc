// The call by which a program makes system calls that libc has no function for. Of those only
// futexes make it wait unseen, and only getrandom draws: the recorder sees none of its bytes.

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/bypass.h"
#include "harness/player/futexes.h"
#include "harness/player/idle.h"
#include "harness/player/kernel_call.h"
#include "harness/player/random.h"
#include "harness/player/rewind.h"

using namespace crashreel::player;

namespace {

// The first argument is a descriptor, whose bytes this call takes, brings or hands on.
bool is_for_descriptor(long number) {
  switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_dup:
    case SYS_dup3:
    case SYS_fcntl:
    case SYS_ioctl:
    case SYS_shutdown:
    case SYS_close:
      return true;
    default:
      return false;
  }
}

// Asks for the number of a process, or means one: as by the functions of those names.
bool is_for_process(long number, const long (&given)[6], long* answer) {
  const auto first = static_cast<pid_t>(given[0]);
  switch (number) {
    case SYS_getpid:
      *answer = ::getpid();
      return true;
    case SYS_getppid:
      *answer = ::getppid();
      return true;
    case SYS_gettid:
      *answer = ::gettid();
      return true;
    case SYS_kill:
      *answer = ::kill(first, static_cast<int>(given[1]));
      return true;
    case SYS_tgkill:
      *answer = ::tgkill(first, static_cast<pid_t>(given[1]), static_cast<int>(given[2]));
      return true;
    default:
      return false;
  }
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

// Never looked up: it is called where the loader must not be, and the player's own calls pass here.
CRASHREEL_HOOK long syscall(long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  long given[6];
  for (long& argument : given) argument = va_arg(rest, long);
  va_end(rest);
  long answer = 0;
  if (is_for_process(number, given, &answer)) return answer;
  if (is_for_descriptor(number)) leave_to_kernel(static_cast<int>(given[0]));
  if (number == SYS_sched_getaffinity || number == SYS_sched_setaffinity) give_processors_back();
  if (number == SYS_getrandom && serves_random() && are_random_flags(given[2])) {
    draw_unrecorded(reinterpret_cast<void*>(given[0]), static_cast<std::size_t>(given[1]));
    return given[1];
  }
  long result = 0;
  const bool is_served =
      number == SYS_futex && scheduling() &&
      serve_futex(
          {reinterpret_cast<std::uint32_t*>(given[0]), static_cast<int>(given[1]),
           static_cast<std::uint32_t>(given[2]), reinterpret_cast<const timespec*>(given[3]),
           reinterpret_cast<std::uint32_t*>(given[4]), static_cast<std::uint32_t>(given[5])},
          &result);
  if (!is_served) {
    result =
        crashreel::kernel_call(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  }
  constexpr long kLastError = -4096;
  if (result >= 0 || result <= kLastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // extern "C"
