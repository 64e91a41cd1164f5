// What the smallest programs of the zoo (minimal/) have in common: a session brings commands of one
// letter, whatever else it sends is nobody's, and every read is answered with a dot.
//
// C headers alone: there are many of these programs.
#pragma once

#include <poll.h>
#include <unistd.h>

#include "tests/zoo/listening.h"

namespace zoo {

inline constexpr int kMostSessions = 64;

// Sessions are numbered in the order in which they come, from 0. For ever.
//   on_read(int session, const char* bytes, int size)
//   on_close(int session)
//   on_silence()    nothing came for `patience_ms`
template <typename OnRead, typename OnClose, typename OnSilence>
[[noreturn]] void serve(const char* port, OnRead on_read, OnClose on_close, int patience_ms,
                        OnSilence on_silence) {
  pollfd fds[1 + kMostSessions] = {{listen_on(port), POLLIN, 0}};
  int sessions = 0;
  for (;;) {
    const int ready = ::poll(fds, static_cast<nfds_t>(1 + sessions), patience_ms);
    if (ready == 0) on_silence();
    for (int i = 0; ready > 0 && i < sessions; ++i) {
      pollfd& one = fds[1 + i];
      if (one.fd < 0 || one.revents == 0) continue;
      char bytes[512];
      const ssize_t got = ::read(one.fd, bytes, sizeof bytes);
      if (got > 0) {
        on_read(i, bytes, static_cast<int>(got));
        if (::send(one.fd, ".", 1, MSG_NOSIGNAL) == 1) continue;
      }
      ::close(one.fd);
      one.fd = -1;
      on_close(i);
    }
    if (ready > 0 && fds[0].revents != 0 && sessions < kMostSessions) {
      fds[1 + sessions++] = {::accept4(fds[0].fd, nullptr, nullptr, SOCK_CLOEXEC), POLLIN, 0};
    }
  }
}

template <typename OnRead, typename OnClose>
[[noreturn]] void serve(const char* port, OnRead on_read, OnClose on_close) {
  serve(port, on_read, on_close, -1, [] {});
}

//   on_command(int session, char command)
template <typename OnCommand>
[[noreturn]] void serve_commands(const char* port, OnCommand on_command) {
  serve(
      port,
      [&](int session, const char* bytes, int size) {
        for (int i = 0; i < size; ++i) on_command(session, bytes[i]);
      },
      [](int) {});
}

// The same from the standard input, to its end.
template <typename OnCommand>
void read_commands(OnCommand on_command) {
  char bytes[512];
  for (ssize_t got = 0; (got = ::read(STDIN_FILENO, bytes, sizeof bytes)) > 0;) {
    for (ssize_t i = 0; i < got; ++i) on_command(bytes[i]);
  }
}

// What most of them die of.
[[gnu::always_inline]] inline void write_through(int* pointer) {
  asm volatile("" : "+r"(pointer));  // the compiler is not to see what it points to
  *const_cast<volatile int*>(pointer) = 1;
}

}  // namespace zoo
