// What the small servers of the zoo have in common: a listening socket, and requests that are
// lines.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/zoo/listening.h"

namespace zoo {

// As far as the socket takes it: the answers here are short, or the socket blocks.
inline void answer(int fd, const std::string& text) {
  if (::send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
}

// The first line of what was read so far, which loses it. False: its end has not come yet.
inline bool take_line(std::string& unread, std::string& line) {
  const std::size_t end = unread.find('\n');
  if (end == std::string::npos) return false;
  line = unread.substr(0, end);
  unread.erase(0, end + 1);
  return true;
}

// One read. False: the other side has hung up.
inline bool read_some(int fd, std::string& unread) {
  char buffer[4096];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got > 0) unread.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

// One session after the other, for ever. `on_line` gets each line and the descriptor to answer on.
template <typename OnLine>
[[noreturn]] void serve_lines(int listener, OnLine on_line) {
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    std::string unread;
    while (read_some(fd, unread)) {
      for (std::string line; take_line(unread, line);) on_line(fd, line);
    }
    ::close(fd);
  }
}

}  // namespace zoo
