// What the zoo's servers that wait by epoll alone have in common: one set, in which the listener is
// from the start, and lines that are answered one by one.
#pragma once

#include <sys/epoll.h>

#include <map>
#include <string>

#include "tests/zoo/lines.h"

namespace zoo {

inline void wait_for(int set, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

inline int set_with(int listener) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  wait_for(set, listener);
  return set;
}

// For ever: whoever connects is answered each line by answer_to(line).
template <typename Answer>
[[noreturn]] void serve_lines(int set, int listener, Answer answer_to) {
  std::map<int, std::string> unread;
  for (;;) {
    epoll_event event;
    if (::epoll_wait(set, &event, 1, -1) != 1) continue;
    const int fd = event.data.fd;
    if (fd == listener) {
      wait_for(set, ::accept(listener, nullptr, nullptr));
    } else if (read_some(fd, unread[fd])) {
      for (std::string line; take_line(unread[fd], line);) answer(fd, answer_to(line));
    } else {
      ::close(fd);
      unread.erase(fd);
    }
  }
}

}  // namespace zoo
