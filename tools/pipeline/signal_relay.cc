#include "tools/pipeline/signal_relay.h"

#include <sys/signalfd.h>

#include <ctime>

namespace crashreel {

SignalRelay::SignalRelay() {
  ::sigemptyset(&held_);
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE}) {
    ::sigaddset(&held_, signal);
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

void SignalRelay::pass_on_to(pid_t process) {
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    if (info.ssi_signo == SIGPIPE || info.ssi_code == SI_KERNEL) continue;
    ::kill(process, static_cast<int>(info.ssi_signo));
  }
}

}  // namespace crashreel
