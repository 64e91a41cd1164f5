#include "harness/keeper/program.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "harness/keeper/kernel.h"
#include "harness/keeper/order.h"

namespace crashreel::keeper {
namespace {

// What a service may need of root's rights. The others are for those who run the machine; with some
// of them the file system could be made writable again.
constexpr int kLeft[] = {CAP_CHOWN,         CAP_DAC_OVERRIDE,     CAP_FOWNER,   CAP_FSETID,
                         CAP_KILL,          CAP_SETGID,           CAP_SETUID,   CAP_SETPCAP,
                         CAP_NET_RAW,       CAP_NET_BIND_SERVICE, CAP_SETFCAP,  CAP_SYS_CHROOT,
                         CAP_NET_BROADCAST, CAP_IPC_LOCK,         CAP_SYS_NICE, CAP_IPC_OWNER,
                         CAP_SYS_RESOURCE,  CAP_AUDIT_WRITE,      CAP_LEASE};

bool is_left(int capability) {
  for (const int left : kLeft) {
    if (left == capability) return true;
  }
  return false;
}

// The kernel says where its capabilities end, and at once if we have no right to drop any.
void drop_capabilities() {
  for (int capability = 0;; ++capability) {
    if (is_left(capability)) continue;
    if (kernel_call(SYS_prctl, PR_CAPBSET_DROP, capability) != 0) return;
  }
}

void limit(int what, std::uint64_t most) {
  rlimit limits = {};
  if (kernel_call(SYS_prlimit64, 0, what, nullptr, &limits) != 0) return;
  limits.rlim_cur = most < limits.rlim_max ? most : limits.rlim_max;
  limits.rlim_max = limits.rlim_cur;
  kernel_call(SYS_prlimit64, 0, what, &limits, nullptr);
}

void set_limits(const Order& order) {
  limit(RLIMIT_CORE, 0);
  if (order.file_bytes != 0) limit(RLIMIT_FSIZE, order.file_bytes);
  if (order.cpu_seconds != 0) limit(RLIMIT_CPU, order.cpu_seconds);
  if (order.processes != 0) limit(RLIMIT_NPROC, order.processes);
  if (order.data_bytes != 0) limit(RLIMIT_DATA, order.data_bytes);
}

// The error, if it comes back.
long execute(const Order& order) {
  const long entered = kernel_call(SYS_chdir, order.directory);
  if (entered != 0) return entered;
  set_signal_mask(kNoSignals);
  return kernel_call(SYS_execve, order.executable, order.argv, order.env);
}

[[noreturn]] void become_program(const void* argument) {
  const Order& order = *static_cast<const Order*>(argument);
  kernel_call(SYS_setpgid, 0, 0);
  kernel_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  set_limits(order);
  if (order.parts != 0) drop_capabilities();
  const int error = static_cast<int>(-execute(order));
  const KeeperNote note = {KeeperSays::kNotExecuted, 0, error, 0};
  kernel_call(SYS_sendto, order.control, &note, sizeof note, MSG_NOSIGNAL);
  leave(127);
}

}  // namespace

long start_program(const Order& order, int* pid_fd) {
  // As vfork(2): nothing of ours is copied for the moment until the program takes its place, and we
  // wait for that. So its stack may be a part of ours, where no page has to be touched for it.
  alignas(16) char stack[2048];
  return clone_into(become_program, &order, stack + sizeof stack, CLONE_VFORK | SIGCHLD, pid_fd);
}

}  // namespace crashreel::keeper
