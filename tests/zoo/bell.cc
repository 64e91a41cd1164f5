// A server that signals reach in three ways.
//
//   bell PORT
//
// SIGUSR1 interrupts poll(), which every session is told of; SIGUSR2 is taken in by a thread that
// waits for it and says so as well; SIGHUP is handled with SA_RESTART and only counted. A line is
// answered with the count.
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

std::atomic<bool> rung{false};
std::atomic<int> hangups{0};
std::mutex lock;
std::map<int, std::string> sessions;

void tell_all(const std::string& text) {
  const std::lock_guard guard(lock);
  for (const auto& [fd, unread] : sessions) zoo::answer(fd, text);
}

void wait_for_signals(sigset_t set) {
  for (int signal = 0; ::sigwait(&set, &signal) == 0;) tell_all("taken in\n");
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(signal, &action, nullptr);
}

void serve(int fd) {
  if (!zoo::read_some(fd, sessions[fd])) {
    ::close(fd);
    sessions.erase(fd);
    return;
  }
  for (std::string line; zoo::take_line(sessions[fd], line);) {
    zoo::answer(fd, std::to_string(hangups.load()) + "\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  handle(SIGUSR1, [](int) { rung = true; }, 0);
  handle(SIGHUP, [](int) { ++hangups; }, SA_RESTART);
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  std::thread(wait_for_signals, taken).detach();
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (;;) {
    std::vector<pollfd> waiting = {{listener, POLLIN, 0}};
    for (const auto& [fd, unread] : sessions) waiting.push_back({fd, POLLIN, 0});
    const int ready = ::poll(waiting.data(), waiting.size(), -1);
    if (ready < 0 && rung.exchange(false)) tell_all("rung\n");
    if (ready < 0) continue;
    const std::lock_guard guard(lock);
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) serve(waiting[i].fd);
    }
    if (waiting[0].revents != 0) sessions[::accept(listener, nullptr, nullptr)];
  }
}
