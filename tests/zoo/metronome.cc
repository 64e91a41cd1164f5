// A server that does nothing but by timers, and is found idle between them: it says at its first
// line how often each of its timers has ended by then.
//
//   metronome PORT
//
//   line     -> ends of the descriptor in its epoll set, once in a second; signals of the alarm,
//               once in 3 seconds; and the seconds that the wall clock counts since the start
#include <signal.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include <map>

#include "tests/zoo/elapsed.h"
#include "tests/zoo/lines.h"

namespace {

volatile sig_atomic_t rung = 0;

void wait_for(int set, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

int start_timer() {
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  const itimerspec each_second = {{1, 0}, {1, 0}};
  ::timerfd_settime(timer, 0, &each_second, nullptr);
  return timer;
}

void start_alarm() {
  struct sigaction action = {};
  action.sa_handler = [](int) { rung = rung + 1; };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
  const itimerval each_3_seconds = {{3, 0}, {3, 0}};
  ::setitimer(ITIMER_REAL, &each_3_seconds, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  const int timer = start_timer();
  start_alarm();
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  wait_for(set, listener);
  wait_for(set, timer);
  std::map<int, std::string> unread;
  std::uint64_t ticks = 0;
  const zoo::Elapsed elapsed;
  for (;;) {
    epoll_event event;
    if (::epoll_wait(set, &event, 1, -1) != 1) continue;
    const int fd = event.data.fd;
    std::uint64_t count = 0;
    if (fd == timer && ::read(timer, &count, sizeof count) == sizeof count) {
      ticks += count;
    } else if (fd == listener) {
      wait_for(set, ::accept(listener, nullptr, nullptr));
    } else if (zoo::read_some(fd, unread[fd])) {
      for (std::string line; zoo::take_line(unread[fd], line);) {
        zoo::answer(
            fd, std::to_string(ticks) + " " + std::to_string(rung) + " " + elapsed.text() + "\n");
      }
    } else {
      ::close(fd);
    }
  }
}
