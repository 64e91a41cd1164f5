// crashreel-keeper: keeps an instance apart from everything else, and ends all of it (order.h).
//
// Two processes, one after the other: the first makes the namespaces, the second, the first's
// brother, lives in them and is the one that everybody who loses his parents there goes to. It is
// no more than a hundred kilobytes, and has nothing of crashreel's memory.
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/keeper/order.h"
#include "harness/keeper/program.h"
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
    ::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ::sendmsg(order.control, &message, MSG_NOSIGNAL);
}

[[noreturn]] void refuse(std::uint32_t part) {
  say({KeeperSays::kRefused, part, errno, 0});
  ::_exit(kNotAKeeper);
}

bool wants(std::uint32_t part) {
  return (order.parts & part) != 0;
}

void separate(std::uint32_t part, int flag) {
  if (wants(part) && ::unshare(flag) != 0) refuse(part);
}

bool bring_loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = {};
  ::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = fd >= 0 && ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  if (fd >= 0) ::close(fd);
  return up;
}

void separate_all() {
  separate(kPartUser, CLONE_NEWUSER);
  say({KeeperSays::kWaits, 0, 0, 0});
  char go_on = 0;
  while (::recv(order.control, &go_on, 1, 0) < 0 && errno == EINTR) continue;
  if (go_on == 0) ::_exit(kNotAKeeper);
  separate(kPartMount, CLONE_NEWNS);
  separate(kPartNetwork, CLONE_NEWNET);
  separate(kPartMessage, CLONE_NEWIPC);
  separate(kPartProcess, CLONE_NEWPID);
  if (wants(kPartNetwork) && !bring_loopback_up()) refuse(kPartNetwork);
  const std::uint32_t missed = wants(kPartMount) ? make_view(order) : 0;
  if (missed != 0) refuse(missed);
}

// The children of ours that are still there; false: none.
bool kill_children() {
  static char text[4096];
  const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : ::read(fd, text, sizeof text - 1);
  if (fd >= 0) ::close(fd);
  if (got <= 0) return false;
  text[got] = 0;
  char* at = text;
  for (;;) {
    char* end = nullptr;
    const long pid = ::strtol(at, &end, 10);
    if (end == at || pid <= 0) return true;
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    at = end;
  }
}

// Who is killed in the middle of a fork leaves no child, and in a process namespace one call kills
// all. Without one they come to us, round after round, as those above them die.
[[noreturn]] void end_all() {
  for (int round = 0; round < kMostRounds; ++round) {
    if (wants(kPartProcess)) {
      ::kill(-1, SIGKILL);
    } else if (!kill_children()) {
      break;
    }
    siginfo_t info = {};
    if (::waitid(P_ALL, 0, &info, WEXITED | __WALL) != 0 && errno == ECHILD) break;
  }
  ::_exit(0);
}

// Returns when the program has ended.
void reap(pid_t program) {
  for (;;) {
    siginfo_t info = {};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) != 0 || info.si_pid == 0) return;
    if (info.si_pid != program) continue;
    say({KeeperSays::kEnded, 0, info.si_code, info.si_status});
    end_all();
  }
}

// False: nobody is there any more to ask.
bool serve_request() {
  SocketRequest request;
  const ssize_t got = ::recv(order.control, &request, sizeof request, MSG_DONTWAIT);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got != sizeof request) return false;
  const int fd = ::socket(request.domain, request.type, request.protocol);
  say({KeeperSays::kSocket, 0, fd < 0 ? errno : 0, 0}, fd);
  if (fd >= 0) ::close(fd);
  return true;
}

[[noreturn]] void keep(pid_t program) {
  sigset_t all;
  sigfillset(&all);
  const int signals = ::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
  for (;;) {
    reap(program);
    pollfd ends[2] = {{order.control, POLLIN, 0}, {signals, POLLIN, 0}};
    ::poll(ends, 2, -1);
    signalfd_siginfo taken;
    while (::read(signals, &taken, sizeof taken) > 0) continue;
    if (ends[0].revents != 0 && !serve_request()) end_all();
  }
}

// In the namespaces.
[[noreturn]] int be_keeper(void*) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The program may be of the same user: nobody looks into this process, or takes hold of it.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (wants(kPartProcess) && !mount_processes()) refuse(kPartProcess);
  int pid_fd = -1;
  const pid_t program = start_program(order, &pid_fd);
  if (program < 0) refuse(0);
  say({KeeperSays::kStarted, 0, 0, 0}, pid_fd);
  // What the program has is its own: that it has closed something must show.
  const unsigned control = static_cast<unsigned>(order.control);
  if (control > 0) ::close_range(0, control - 1, 0);
  ::close_range(control + 1, ~0U, 0);
  keep(program);
}

int run(int argc, char** argv) {
  if (!take_words(argc, argv, &order)) return kNotAKeeper;
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::fcntl(order.control, F_SETFD, FD_CLOEXEC);
  separate_all();
  int pid_fd = -1;
  // A brother: whoever started us is told of its end, too. (Who asks for process namespaces is not
  // in them, but its children are.) He takes the memory over, on a stack of his own: to copy the
  // page tables of it, and then page after page, takes longer than all else that we do.
  alignas(16) static char stack[64 * 1024];
  const int flags = CLONE_PARENT | CLONE_PIDFD | CLONE_VM;
  if (::clone(be_keeper, stack + sizeof stack, flags, nullptr, &pid_fd) < 0) refuse(kPartProcess);
  say({KeeperSays::kKeeps, 0, 0, 0}, pid_fd);
  ::_exit(0);
}

}  // namespace
}  // namespace crashreel::keeper

int main(int argc, char** argv) {
  return crashreel::keeper::run(argc, argv);
}
