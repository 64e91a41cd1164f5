#include "harness/keeper/program.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/keeper/order.h"

extern char** environ;

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

void drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (!is_left(capability)) ::prctl(PR_CAPBSET_DROP, capability);
  }
}

void limit(int what, std::uint64_t most) {
  rlimit limits = {};
  if (::getrlimit(static_cast<__rlimit_resource_t>(what), &limits) != 0) return;
  limits.rlim_cur = most < limits.rlim_max ? most : limits.rlim_max;
  limits.rlim_max = limits.rlim_cur;
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &limits);
}

void set_limits(const Order& order) {
  limit(RLIMIT_CORE, 0);
  if (order.file_bytes != 0) limit(RLIMIT_FSIZE, order.file_bytes);
  if (order.cpu_seconds != 0) limit(RLIMIT_CPU, order.cpu_seconds);
  if (order.processes != 0) limit(RLIMIT_NPROC, order.processes);
  if (order.data_bytes != 0) limit(RLIMIT_DATA, order.data_bytes);
}

[[noreturn]] int become_program(void* argument) {
  const Order& order = *static_cast<const Order*>(argument);
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_limits(order);
  if (order.parts != 0) drop_capabilities();
  sigset_t none;
  sigemptyset(&none);
  if (::chdir(order.directory) == 0) {
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(order.executable, order.argv, environ);
  }
  const KeeperNote note = {KeeperSays::kNotExecuted, 0, errno, 0};
  ::send(order.control, &note, sizeof note, MSG_NOSIGNAL);
  ::_exit(127);
}

}  // namespace

pid_t start_program(const Order& order, int* pid_fd) {
  // As vfork(2): nothing of ours is copied for the moment until the program takes its place.
  alignas(16) static char stack[64 * 1024];
  const int flags = CLONE_PIDFD | CLONE_VM | CLONE_VFORK | SIGCHLD;
  return ::clone(become_program, stack + sizeof stack, flags, const_cast<Order*>(&order), pid_fd);
}

}  // namespace crashreel::keeper
