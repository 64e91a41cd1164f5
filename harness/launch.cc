#include "harness/launch.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "capture/base/errno_error.h"
#include "capture/base/exec_words.h"
#include "harness/ids.h"
#include "harness/passing.h"
#include "harness/target.h"

namespace crashreel {
namespace {

// Everything the child needs, made ready before: until its exec it shares our memory, so it may
// neither allocate nor leave anything changed.
struct Launch {
  const char* keeper;
  char* const* argv;
  char* const* env;
  const std::vector<int>* handed;
  int stdin_fd;
  int output_fd;
  int control;
};

// By the system call, since what libc or a sanitizer remembers of handlers is the parent's memory.
void reset_to_default(int signal) {
  constexpr std::size_t kKernelMaskBytes = 8;
  constexpr unsigned char kDefault[32] = {};  // handler, flags, restorer, mask
  ::syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kKernelMaskBytes);
}

int run_child(void* argument) {
  const Launch& launch = *static_cast<const Launch*>(argument);
  ::setpgid(0, 0);
  reset_to_default(SIGPIPE);  // others have handlers, which the kernel resets at exec
  ::dup2(launch.stdin_fd, STDIN_FILENO);
  ::dup2(launch.output_fd, STDOUT_FILENO);
  ::dup2(launch.output_fd, STDERR_FILENO);
  // Whatever other threads of ours have open at this moment is not the program's.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : *launch.handed) ::fcntl(fd, F_SETFD, 0);
  ::fcntl(launch.control, F_SETFD, 0);
  ::execve(launch.keeper, launch.argv, launch.env);
  const KeeperNote note = {KeeperSays::kRefused, 0, errno, 0};
  ::send(launch.control, &note, sizeof note, MSG_NOSIGNAL);
  ::_exit(127);
}

// As vfork(2) does, but on a stack of its own: our page tables are not copied, and none of our
// pages has to be made writable again afterwards. ThreadSanitizer knows no child that shares the
// memory of its bookkeeping.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRASHREEL_COPIES_MEMORY 1
#endif
#endif
#ifdef CRASHREEL_COPIES_MEMORY
constexpr int kHowToLaunch = SIGCHLD;
#else
constexpr int kHowToLaunch = CLONE_VM | CLONE_VFORK | SIGCHLD;
#endif

pid_t launch_child(Launch& launch) {
  constexpr std::size_t kStackBytes = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::clone(run_child, stack.get() + kStackBytes, kHowToLaunch, &launch);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void add_number(std::vector<std::string>& words, std::uint64_t number) {
  words.push_back(std::to_string(number));
}

// The keeper's words (keeper/order.h).
std::vector<std::string> words_for(const LaunchOrder& order, const Sandbox& sandbox,
                                   const Cgroup& cgroup, std::uint32_t parts, int control) {
  const Limits& limits = sandbox.limits;
  const bool limits_data = parts != 0 && !cgroup.limits_memory() && !order.reserves_memory;
  std::vector<std::string> words = {kKeeperName};
  add_number(words, static_cast<std::uint64_t>(control));
  add_number(words, parts);
  words.push_back(order.directory);
  add_number(words, limits.file_bytes);
  add_number(words, parts == 0 ? 0 : limits.cpu_seconds);
  add_number(words, parts == 0 || cgroup.limits_processes() ? 0 : limits.processes);
  add_number(words, limits_data ? limits.most_memory() : 0);
  add_number(words, sandbox.writable.size());
  words.insert(words.end(), sandbox.writable.begin(), sandbox.writable.end());
  words.push_back(order.executable);
  words.insert(words.end(), order.argv.begin(), order.argv.end());
  return words;
}

// The note, and the descriptor that came with it; false: whoever told has ended, or with `flags`
// MSG_DONTWAIT, says nothing.
bool hear_note(int control, KeeperNote& note, OwnedFd& fd, int flags) {
  Passed passed;
  const ssize_t got = receive_message(control, &note, sizeof note, passed, flags);
  if (passed.front()) fd = std::move(passed.front());
  return got == sizeof note;
}

void wait_for_process(pid_t pid) {
  siginfo_t info = {};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) continue;
}

struct Refusal {
  std::uint32_t part = 0;
  int error = 0;
};

// Until the program runs. A refusal: with what has to be gone without.
Refusal attend(Kept& kept, pid_t first) {
  while (!kept.keeper || !kept.program) {  // who says what first is not certain
    KeeperNote note = {};
    OwnedFd fd;
    if (!hear_note(kept.control.get(), note, fd, 0)) return {0, ECHILD};
    switch (note.says) {
      case KeeperSays::kWaits: {
        if ((kept.parts & kPartUser) != 0 && !give_ids(first)) return {kPartUser, errno};
        kept.cgroup.add(first);
        const char go_on = 1;
        ::send(kept.control.get(), &go_on, 1, MSG_NOSIGNAL);
        break;
      }
      case KeeperSays::kKeeps:
        kept.keeper = std::move(fd);
        break;
      case KeeperSays::kStarted:
        kept.program = std::move(fd);
        break;
      case KeeperSays::kNotExecuted:
        kept.heard.push_back(note);
        break;
      case KeeperSays::kEnded:
        kept.heard.push_back(note);
        break;
      case KeeperSays::kSocket:  // nobody has asked for one yet
        break;
      case KeeperSays::kRefused:
        return {note.part, note.value};
    }
  }
  return {};
}

Result<Refusal> launch_once(const LaunchOrder& order, const Sandbox& sandbox, Kept& kept) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("starting an instance: socketpair");
  }
  kept.control = OwnedFd(ends[0]);
  OwnedFd theirs(ends[1]);
  const std::string keeper = library_path(kKeeperName);
  std::vector<std::string> words = words_for(order, sandbox, kept.cgroup, kept.parts, ends[1]);
  std::vector<std::string> env = order.env;
  const std::vector<char*> argv_pointers = exec_words(words);
  const std::vector<char*> env_pointers = exec_words(env);
  Launch launch = {keeper.c_str(), argv_pointers.data(), env_pointers.data(),
                   &order.handed,  order.stdin_fd,       order.output_fd,
                   ends[1]};
  const pid_t first = launch_child(launch);
  if (first < 0) return errno_error("clone");
  theirs.reset();
  const Refusal refusal = attend(kept, first);
  if (!kept.keeper) kept.control.reset();  // it may wait for us
  wait_for_process(first);
  return refusal;
}

// Of limits that had to be left to the program's own, which each of its processes has for itself.
void note_limits(const LaunchOrder& order, const Kept& kept) {
  if (kept.parts == 0) return;
  const bool is_root = ::geteuid() == 0;
  if (!kept.cgroup.limits_processes() && is_root) note_refused(Cgrouped::kProcesses);
  if (!kept.cgroup.limits_memory() && order.reserves_memory) note_refused(Cgrouped::kMemory);
}

}  // namespace

Result<Kept> launch(const LaunchOrder& order, const Sandbox& sandbox) {
  for (;;) {
    Kept kept;
    kept.parts = parts_of(sandbox);
    if (sandbox.enabled) kept.cgroup = Cgroup::make(sandbox.limits);
    const auto refusal = launch_once(order, sandbox, kept);
    if (!refusal) return refusal.error();
    if (kept.program) {
      note_limits(order, kept);
      return kept;
    }
    kept.kill();
    if (refusal->part == 0) {
      errno = refusal->error;
      return errno_error(library_path(kKeeperName) + ": starting an instance",
                         "install crashreel as a whole");
    }
    note_refused(refusal->part, refusal->error);
  }
}

Result<OwnedFd> Kept::make_socket(int domain, int type, int protocol) {
  const SocketRequest request = {domain, type, protocol};
  ::send(control.get(), &request, sizeof request, MSG_NOSIGNAL);
  for (;;) {
    KeeperNote note = {};
    OwnedFd fd;
    if (!hear_note(control.get(), note, fd, 0)) {
      return Error{Trouble::kTarget, "the instance ended while a socket was made for it"};
    }
    if (note.says != KeeperSays::kSocket) {
      heard.push_back(note);
      continue;
    }
    if (fd) return fd;
    errno = note.value;
    return errno_error("a socket in the instance's network");
  }
}

std::optional<KeeperNote> Kept::hear() {
  if (!heard.empty()) {
    const KeeperNote first = heard.front();
    heard.erase(heard.begin());
    return first;
  }
  KeeperNote note = {};
  OwnedFd none;
  if (!hear_note(control.get(), note, none, MSG_DONTWAIT)) return std::nullopt;
  return note;
}

void Kept::kill() {
  if (control) ::shutdown(control.get(), SHUT_RDWR);
  // With processes of its own all of them end with the keeper; else it has to see to that itself.
  if (keeper && (parts & kPartProcess) != 0) {
    ::syscall(SYS_pidfd_send_signal, keeper.get(), SIGKILL, nullptr, 0);
  }
}

pid_t pid_of(int pid_fd) {
  std::ifstream file("/proc/self/fdinfo/" + std::to_string(pid_fd));
  for (std::string word; file >> word;) {
    pid_t pid = -1;
    if (word == "Pid:" && file >> pid) return pid;
  }
  return -1;
}

}  // namespace crashreel
