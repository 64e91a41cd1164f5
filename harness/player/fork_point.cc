#include "harness/player/fork_point.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"
#include "harness/player/kernel_call.h"
#include "harness/player/obstacles.h"
#include "harness/player/passing.h"
#include "harness/player/player.h"
#include "harness/player/proc_file.h"
#include "harness/player/process_number.h"
#include "harness/player/rewind.h"
#include "harness/player/script.h"
#include "harness/player/shared_descriptors.h"
#include "harness/player/warm_pages.h"

namespace crashreel::player {
namespace {

// Each ends a generation of processes that nobody looks after any more.
constexpr int kMostRounds = 2000;

int harness = -1;  // the socket of the server that this is, or is to be
int holder = -1;   // where this instance tells of its checkpoints

const char* find_obstacle(const OwnEnd* ends, int count) {
  if (has_attendants()) return "it serves sessions in processes of their own";
  if (has_timers()) return "it has set a timer";
  if (shares_memory()) return "it has memory to share with other processes";
  return take_stock(ends, count);
}

int open_process(pid_t pid) {
  return pid <= 0 ? -1 : static_cast<int>(own_syscall(SYS_pidfd_open, pid, 0));
}

bool say(const ForkAnswer& answer) {
  const int process = open_process(answer.pid);
  const bool said =
      send_with(harness, &answer, sizeof answer, &process, process < 0 ? 0 : 1) == sizeof answer;
  if (process >= 0) CRASHREEL_REAL(close)(process);
  return said;
}

struct Order {
  ForkOrder what = {};
  int script = -1;
  int holder = -1;
  int line = -1;
};

// False: the harness has closed its end.
bool hear(Order* order) {
  Passed passed;
  const bool heard =
      receive_with(harness, &order->what, sizeof order->what, &passed) == sizeof order->what;
  int next = 0;
  order->script = passed.descriptors[next++];
  if (order->what.has_holder != 0) order->holder = passed.descriptors[next++];
  if (order->what.has_line != 0) order->line = passed.descriptors[next++];
  return heard;
}

void close_passed(const Order& order) {
  for (const int fd : {order.script, order.holder, order.line}) {
    if (fd >= 0) CRASHREEL_REAL(close)(fd);
  }
}

// What libc's fork() adds (handlers that the program has registered) is not wanted: the program
// does not know of this one.
pid_t fork_instance(const Order& order) {
  const pid_t server = real_process();
  const pid_t pid = ::_Fork();
  if (pid != 0) {
    ::setpgid(pid, pid);
    return pid;
  }
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (own_syscall(SYS_getppid) != server) ::_exit(127);
  take_number_of(server);
  close_own(harness);
  harness = -1;
  holder = order.holder < 0 ? -1 : move_out_of_sight(order.holder);
  forget_thread_number();
  warm_pages();
  if (order.line >= 0) prepare_to_go_back(order.line);
  if (!make_own() || !begin_script(order.script)) ::_exit(127);
  return 0;
}

bool may_live(const ForkOrder& order, pid_t child) {
  for (std::uint32_t i = 0; i < order.count && i < kMostCopies; ++i) {
    if (order.others[i] == child) return true;
  }
  return false;
}

// Whoever has lost his parents is a child of ours now. False: nobody was there who may not live.
bool kill_leftovers(const ForkOrder& order) {
  bool any = false;
  const char* at = read_proc_file("/proc/thread-self/children");
  for (;;) {
    char* end = nullptr;
    const long child = ::strtol(at, &end, 10);
    if (end == at) return any;
    at = end;
    if (may_live(order, static_cast<pid_t>(child))) continue;
    any = true;
    ::kill(static_cast<pid_t>(child), SIGKILL);
    siginfo_t info = {};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | __WALL);
  }
}

// False: they come faster than they go, and only the keeper can end all at once.
bool answer_to_reap(const ForkOrder& order, ForkAnswer* answer) {
  siginfo_t info = {};
  // As long as nobody has asked for its end the number of the process is its group's, too.
  if (order.pid > 0) {
    ::kill(-order.pid, SIGKILL);
    ::waitid(P_PID, static_cast<id_t>(order.pid), &info, WEXITED);
  }
  answer->code = info.si_code;
  answer->status = info.si_status;
  for (int round = 0; kill_leftovers(order); ++round) {
    if (round == kMostRounds) return false;
  }
  return true;
}

// Returns in instances alone.
void serve() {
  Order order;
  while (hear(&order)) {
    ForkAnswer answer = {};
    if (order.what.request == ForkRequest::kFork) {
      answer.pid = fork_instance(order);
      if (answer.pid == 0) return;
      if (answer.pid < 0) answer.pid = 0;
      close_passed(order);
    } else if (!answer_to_reap(order.what, &answer)) {
      break;
    }
    if (!say(answer)) break;
    order = {};
  }
  for (;;) own_syscall(SYS_exit_group, 0);
}

void refuse(const char* obstacle) {
  ForkAnswer answer = {};
  ::strncpy(answer.refusal, obstacle, sizeof answer.refusal - 1);
  say(answer);
  close_own(harness);
  harness = -1;
}

void become_server() {
  // Signals are the instances'. SIGCHLD above all: a program that waits for its children would
  // otherwise find ours.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  CRASHREEL_REAL(pthread_sigmask)(SIG_SETMASK, &all, &before);
  // The harness's thread may end before its fork servers do; that it is gone shows at the socket.
  ::prctl(PR_SET_PDEATHSIG, 0);
  // What instances leave behind is ours once they have ended.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  prepare_warm_pages();
  say({});
  serve();
  CRASHREEL_REAL(pthread_sigmask)(SIG_SETMASK, &before, nullptr);
}

// Zero in each copy of the checkpoint.
pid_t fork_checkpoint(const int (&pair)[2]) {
  const pid_t instance = real_process();
  const pid_t pid = ::_Fork();
  if (pid != 0) {
    ::setpgid(pid, pid);
    return pid;
  }
  ::setpgid(0, 0);
  take_number_of(instance);
  close_own(holder);
  holder = -1;
  CRASHREEL_REAL(close)(pair[1]);
  harness = move_out_of_sight(pair[0]);
  forget_thread_number();
  forget_to_go_back();
  lose_other_threads();
  // At once: what the instance closes on its way must not stay open here.
  if (!make_own()) {
    refuse("the kernel refuses it descriptors of its own");
    ::_exit(0);
  }
  become_server();
  return 0;
}

// Waits for the answer: the harness takes down what the program's files are at this moment.
void tell_holder(HoldNote note, int socket) {
  const int descriptors[2] = {socket, open_process(note.pid)};
  char answer = 0;
  ssize_t got = send_with(holder, &note, sizeof note, descriptors, descriptors[1] < 0 ? 0 : 2);
  if (descriptors[1] >= 0) CRASHREEL_REAL(close)(descriptors[1]);
  while (got >= 0 && (got = CRASHREEL_REAL(recv)(holder, &answer, 1, 0)) < 0 && errno == EINTR) {
  }
}

}  // namespace

void prepare_fork_point() {
  const char* number = ::getenv(kForkServerEnv);
  if (number == nullptr) return;
  harness = move_out_of_sight(::atoi(number));
  ::unsetenv(kForkServerEnv);
  const char* bind_now = ::getenv(kBindNowEnv);
  if (bind_now != nullptr && ::strcmp(bind_now, kBindNowForCopies) == 0) ::unsetenv(kBindNowEnv);
}

void reach_fork_point() {
  if (harness < 0) return;
  const char* obstacle =
      has_threads() ? "it has a thread that started unseen" : find_obstacle(nullptr, 0);
  obstacle == nullptr ? become_server() : refuse(obstacle);
}

void leave_no_checkpoints() {
  close_own(holder);
  holder = -1;
}

bool leave_checkpoint(std::uint32_t mark, const OwnEnd* ends, int count,
                      const ScriptHeader& script) {
  if (holder < 0) return false;
  HoldNote note = {};
  note.mark = mark;
  note.answer_bytes = script.answer_bytes.load(std::memory_order_relaxed);
  note.answer_digest = script.answer_digest.load(std::memory_order_relaxed);
  int pair[2] = {-1, -1};
  const char* obstacle = find_obstacle(ends, count);
  if (obstacle == nullptr && ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    obstacle = "there is no socket for it";
  }
  if (obstacle == nullptr) {
    note.pid = fork_checkpoint(pair);
    if (note.pid == 0) return true;
    if (note.pid < 0) obstacle = "it can't be forked";
    CRASHREEL_REAL(close)(pair[0]);
  }
  if (obstacle != nullptr) ::strncpy(note.refusal, obstacle, sizeof note.refusal - 1);
  tell_holder(note, pair[1]);
  if (pair[1] >= 0) CRASHREEL_REAL(close)(pair[1]);
  return false;
}

}  // namespace crashreel::player
