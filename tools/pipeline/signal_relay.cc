#include "tools/pipeline/signal_relay.h"

#include <sys/signalfd.h>

#include <algorithm>
#include <ctime>
#include <iterator>

namespace crashreel {

namespace {

constexpr int kHeld[] = {SIGHUP, SIGINT,    SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE,  SIGALRM,
                         SIGIO,  SIGVTALRM, SIGPROF, SIGPWR,  SIGURG,  SIGTSTP, SIGWINCH, SIGCONT};

}  // namespace

bool SignalRelay::holds(int signal) {
  return std::find(std::begin(kHeld), std::end(kHeld), signal) != std::end(kHeld) ||
         (signal >= SIGRTMIN && signal <= SIGRTMAX);
}

SignalRelay::SignalRelay(int ours) : ours_(ours) {
  ::sigemptyset(&held_);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (holds(signal)) ::sigaddset(&held_, signal);
  }
  fd_.reset(::signalfd(-1, &held_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) return;
  ::pthread_sigmask(SIG_BLOCK, &held_, &original_mask_);
  // Where SIGCHLD is ignored the kernel throws away how a process ended.
  struct sigaction keep_status = {};
  keep_status.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &keep_status, &original_child_action_);
}

SignalRelay::~SignalRelay() {
  if (!fd_) return;
  const timespec at_once = {};
  while (::sigtimedwait(&held_, nullptr, &at_once) > 0) {
  }
  ::sigaction(SIGCHLD, &original_child_action_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &original_mask_, nullptr);
}

bool SignalRelay::pass_on_to(pid_t process) {
  bool asked = false;
  bool stop = false;
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == ours_) {
      asked = true;
      continue;
    }
    stop = (stop || signal == SIGTSTP) && signal != SIGCONT;
    if (signal == SIGPIPE || info.ssi_code == SI_KERNEL) continue;
    if (info.ssi_code == SI_QUEUE) {
      sigval value = {};
      value.sival_ptr = reinterpret_cast<void*>(info.ssi_ptr);
      ::sigqueue(process, signal, value);
    } else {
      ::kill(process, signal);
    }
  }
  if (stop) ::raise(SIGSTOP);
  return asked;
}

}  // namespace crashreel
