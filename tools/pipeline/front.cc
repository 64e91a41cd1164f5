#include "tools/pipeline/front.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "capture/base/owned_fd.h"
#include "tools/pipeline/proc_files.h"
#include "tools/pipeline/signal_relay.h"

namespace crashreel {
namespace {

OwnedFd process(pid_t pid) {
  return OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// "4711 (name) S 4710 ...": the name may hold anything.
pid_t parent_of(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");
  const std::size_t behind_name = stat.rfind(')');
  return behind_name == std::string::npos || stat.size() < behind_name + 4
             ? -1
             : std::atoi(stat.c_str() + behind_name + 4);
}

void kill_children() {
  for_each_name("/proc", [](const std::string& name) {
    const pid_t pid = std::atoi(name.c_str());
    if (pid > 0 && parent_of(name) == ::getpid()) ::kill(pid, SIGKILL);
  });
}

// What a child had started is ours once that has ended (PR_SET_CHILD_SUBREAPER).
void end_all() {
  do {
    kill_children();
  } while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR);
}

void end_with(OwnedFd front, std::function<void()> at_last) {
  std::thread([front = std::move(front), at_last = std::move(at_last)] {
    pollfd end = {front.get(), POLLIN, 0};
    while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    end_all();
    if (at_last) at_last();
    ::_exit(128 + SIGKILL);
  }).detach();
}

[[noreturn]] void stand_for(pid_t child, SignalRelay& relay) {
  const OwnedFd ended = process(child);
  pollfd events[] = {{relay.fd(), POLLIN, 0}, {ended.get(), POLLIN, 0}};
  while (ended && events[1].revents == 0) {
    const int ready = ::poll(events, 2, -1);
    if (ready > 0 && events[0].revents != 0) relay.pass_on_to(child);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

void go_on_behind_a_front(std::function<void()> at_last) {
  OwnedFd front = process(::getpid());
  std::optional<SignalRelay> relay(std::in_place);
  const pid_t child = front && *relay ? ::fork() : -1;
  if (child > 0) stand_for(child, *relay);
  relay.reset();
  if (child < 0) return;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  end_with(std::move(front), std::move(at_last));
}

}  // namespace crashreel
