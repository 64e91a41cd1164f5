// A server that remembers the number of its process, and holds against it all that it can be asked
// for it, and be sent by it.
//
//   namesake PORT
//     NUMBERS  KILL  QUEUE  GROUP  THREAD  CALLS  CHILD  LIMIT
//
// Each is answered with what agrees, or came, as digits.
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

pid_t number = 0;
volatile sig_atomic_t came = 0;

std::string digits(std::initializer_list<bool> all) {
  std::string text;
  for (const bool one : all) text += one ? '1' : '0';
  return text;
}

// The child has another number, and knows whose it is; so does what it sends there.
bool has_child_of_its_own() {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool knows = ::getpid() != number && ::getppid() == number && ::getpgrp() == number;
    ::_exit(knows && ::kill(::getppid(), SIGUSR1) == 0 ? 0 : 1);
  }
  int status = -1;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return child > 0 && status == 0;
}

std::string obey(const std::string& line) {
  came = 0;
  bool done = true;
  if (line == "NUMBERS") {
    return digits({::getpid() == number, ::gettid() == number, ::getpgrp() == number,
                   ::getpgid(number) == number, ::getsid(number) == ::getsid(0)});
  }
  if (line == "CALLS") {
    return digits({::syscall(SYS_getpid) == number, ::syscall(SYS_gettid) == number,
                   ::syscall(SYS_kill, number, SIGUSR1) == 0,
                   ::syscall(SYS_tgkill, number, number, SIGUSR1) == 0, came == 2});
  }
  if (line == "LIMIT") {
    rlimit own = {};
    rlimit named = {};
    ::getrlimit(RLIMIT_CORE, &own);
    cpu_set_t set;
    return digits({::prlimit(number, RLIMIT_CORE, nullptr, &named) == 0,
                   own.rlim_max == named.rlim_max, ::setpriority(PRIO_PROCESS, number, 3) == 0,
                   ::getpriority(PRIO_PROCESS, 0) == 3,
                   ::sched_getaffinity(number, sizeof set, &set) == 0});
  }
  if (line == "KILL") done = ::kill(number, SIGUSR1) == 0;
  if (line == "QUEUE") done = ::sigqueue(number, SIGUSR1, {}) == 0;
  if (line == "GROUP") done = ::killpg(::getpgrp(), SIGUSR1) == 0 && ::kill(-number, SIGUSR1) == 0;
  if (line == "THREAD") done = ::tgkill(number, ::gettid(), SIGUSR1) == 0;
  if (line == "CHILD") done = has_child_of_its_own();
  return digits({done}) + std::to_string(came);
}

}  // namespace

int main(int argc, char** argv) {
  number = ::getpid();
  struct sigaction action = {};
  action.sa_handler = [](int) { came = came + 1; };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, nullptr);
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::map<int, std::string> sessions;
  for (;;) {
    std::vector<pollfd> waiting = {{listener, POLLIN, 0}};
    for (const auto& [fd, unread] : sessions) waiting.push_back({fd, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      const int fd = waiting[i].fd;
      if (waiting[i].revents == 0) continue;
      if (!zoo::read_some(fd, sessions[fd])) {
        sessions.erase(fd);
        ::close(fd);
        continue;
      }
      for (std::string line; zoo::take_line(sessions[fd], line);) {
        zoo::answer(fd, obey(line) + "\n");
      }
    }
    if (waiting[0].revents != 0) sessions[::accept(listener, nullptr, nullptr)];
  }
}
