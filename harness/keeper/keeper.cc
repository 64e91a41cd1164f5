// crashreel-keeper: keeps an instance apart from everything else, and ends all of it (order.h).
//
// Two processes, one after the other: the first makes the namespaces, the second, the first's
// brother, lives in them and is the one that everybody who loses his parents there goes to. It is
// no more than some pages, without libc (kernel.h), and has nothing of crashreel's memory.
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "harness/keeper/kernel.h"
#include "harness/keeper/order.h"
#include "harness/keeper/program.h"
#include "harness/keeper/start.h"
#include "harness/keeper/text.h"
#include "harness/keeper/view.h"
#include "harness/keeper/words.h"

namespace crashreel::keeper {
namespace {

constexpr int kNotAKeeper = 125;
// Whoever forks faster than it is killed comes to an end of its numbers, or of the machine's.
constexpr int kMostRounds = 100000;

Order order;

void say(const KeeperNote& note, int fd = -1) {
  iovec part = {const_cast<KeeperNote*>(&note), sizeof note};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    *reinterpret_cast<int*>(CMSG_DATA(header)) = fd;
  }
  kernel_call(SYS_sendmsg, order.control, &message, MSG_NOSIGNAL);
}

[[noreturn]] void refuse(std::uint32_t part, long error) {
  say({KeeperSays::kRefused, part, static_cast<std::int32_t>(-error), 0});
  leave(kNotAKeeper);
}

bool wants(std::uint32_t part) {
  return (order.parts & part) != 0;
}

void separate(std::uint32_t part, int flag) {
  const long error = wants(part) ? kernel_call(SYS_unshare, flag) : 0;
  if (error != 0) refuse(part, error);
}

struct Space {
  std::uint32_t part;
  int flag;
};
constexpr Space kSpaces[] = {{kPartMount, CLONE_NEWNS},
                             {kPartNetwork, CLONE_NEWNET},
                             {kPartMessage, CLONE_NEWIPC},
                             {kPartProcess, CLONE_NEWPID}};

// In one call, which is done or not as a whole. One by one to learn which is refused.
void separate_spaces() {
  int flags = 0;
  for (const Space& space : kSpaces) flags |= wants(space.part) ? space.flag : 0;
  if (kernel_call(SYS_unshare, flags) == 0) return;
  for (const Space& space : kSpaces) separate(space.part, space.flag);
}

long bring_loopback_up() {
  const long fd = kernel_call(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  ifreq request = {.ifr_ifrn = {"lo"}, .ifr_ifru = {}};
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const long error = kernel_call(SYS_ioctl, fd, SIOCSIFFLAGS, &request);
  close_fd(fd);
  return error;
}

long receive(void* room, std::size_t bytes, int flags) {
  return kernel_call(SYS_recvfrom, order.control, room, bytes, flags);
}

void separate_all() {
  separate(kPartUser, CLONE_NEWUSER);
  say({KeeperSays::kWaits, 0, 0, 0});
  char go_on = 0;
  while (receive(&go_on, 1, 0) == -EINTR) continue;
  if (go_on == 0) leave(kNotAKeeper);
  separate_spaces();
  const long lonely = wants(kPartNetwork) ? bring_loopback_up() : 0;
  if (lonely != 0) refuse(kPartNetwork, lonely);
  const Missed missed = wants(kPartMount) ? make_view(order) : Missed{};
  if (missed.part != 0) refuse(missed.part, missed.error);
}

// The children of ours that are still there; false: none.
bool kill_children() {
  static char text[4096];
  const long fd =
      kernel_call(SYS_openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  const long got = fd < 0 ? -1 : kernel_call(SYS_read, fd, text, sizeof text - 1);
  close_fd(fd);
  if (got <= 0) return false;
  text[got] = 0;
  const char* at = text;
  while (const std::uint64_t pid = take_number(&at)) {
    kernel_call(SYS_kill, pid, SIGKILL);
    if (*at == ' ') ++at;
  }
  return true;
}

long wait_for_any(siginfo_t* info, int options) {
  return kernel_call(SYS_waitid, P_ALL, 0, info, WEXITED | __WALL | options, nullptr);
}

// Who is killed in the middle of a fork leaves no child, and in a process namespace one call kills
// all. Without one they come to us, round after round, as those above them die.
[[noreturn]] void end_all() {
  for (int round = 0; round < kMostRounds; ++round) {
    if (wants(kPartProcess)) {
      kernel_call(SYS_kill, -1, SIGKILL);
    } else if (!kill_children()) {
      break;
    }
    siginfo_t info = {};
    if (wait_for_any(&info, 0) == -ECHILD) break;
  }
  leave(0);
}

// Returns when the program has ended.
void reap(pid_t program) {
  for (;;) {
    siginfo_t info = {};
    if (wait_for_any(&info, WNOHANG) != 0 || info.si_pid == 0) return;
    if (info.si_pid != program) continue;
    say({KeeperSays::kEnded, 0, info.si_code, info.si_status});
    end_all();
  }
}

// False: nobody is there any more to ask.
bool serve_request() {
  SocketRequest request;
  const long got = receive(&request, sizeof request, MSG_DONTWAIT);
  if (got < 0) return got == -EINTR || got == -EAGAIN;
  if (got != sizeof request) return false;
  const long fd = kernel_call(SYS_socket, request.domain, request.type, request.protocol);
  const int error = fd < 0 ? static_cast<int>(-fd) : 0;
  say({KeeperSays::kSocket, 0, error, 0}, static_cast<int>(fd));
  close_fd(fd);
  return true;
}

[[noreturn]] void keep(pid_t program) {
  const long signals =
      kernel_call(SYS_signalfd4, -1, &kAllSignals, sizeof kAllSignals, SFD_NONBLOCK | SFD_CLOEXEC);
  for (;;) {
    reap(program);
    pollfd ends[2] = {{order.control, POLLIN, 0}, {static_cast<int>(signals), POLLIN, 0}};
    kernel_call(SYS_ppoll, ends, 2, nullptr, nullptr);
    signalfd_siginfo taken;
    while (kernel_call(SYS_read, signals, &taken, sizeof taken) > 0) continue;
    if (ends[0].revents != 0 && !serve_request()) end_all();
  }
}

// In the namespaces.
[[noreturn]] void be_keeper(const void*) {
  kernel_call(SYS_setpgid, 0, 0);
  kernel_call(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
  // The program may be of the same user: nobody looks into this process, or takes hold of it.
  kernel_call(SYS_prctl, PR_SET_DUMPABLE, 0);
  const long unmounted = wants(kPartProcess) ? mount_processes() : 0;
  if (unmounted != 0) refuse(kPartProcess, unmounted);
  int pid_fd = -1;
  const long program = start_program(order, &pid_fd);
  if (program < 0) refuse(0, program);
  say({KeeperSays::kStarted, 0, 0, 0}, pid_fd);
  // What the program has is its own: that it has closed something must show.
  const unsigned control = static_cast<unsigned>(order.control);
  if (control > 0) kernel_call(SYS_close_range, 0, control - 1, 0);
  kernel_call(SYS_close_range, control + 1, ~0U, 0);
  keep(static_cast<pid_t>(program));
}

}  // namespace

int keep_instance(int argc, char** argv) {
  if (!take_words(argc, argv, &order)) return kNotAKeeper;
  set_signal_mask(kAllSignals);
  kernel_call(SYS_fcntl, order.control, F_SETFD, FD_CLOEXEC);
  separate_all();
  int pid_fd = -1;
  // A brother: whoever started us is told of its end, too. (Who asks for process namespaces is not
  // in them, but its children are.) He takes the memory over, on a stack of his own: to copy the
  // page tables of it, and then page after page, takes longer than all else that we do.
  alignas(16) static char stack[64 * 1024];
  const long brother = clone_into(be_keeper, nullptr, stack + sizeof stack, CLONE_PARENT, &pid_fd);
  if (brother < 0) refuse(kPartProcess, brother);
  say({KeeperSays::kKeeps, 0, 0, 0}, pid_fd);
  return 0;
}

}  // namespace crashreel::keeper
