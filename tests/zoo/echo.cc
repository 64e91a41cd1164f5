// A server of one thread that answers everything with itself, as it was read.
//
//   echo PORT
//
// The bug: what ends in "BREAK\n" is written through a null pointer. Known minimum (echo.json): 1
// input, 6 bytes.
//
// C headers alone: it is the measure of how fast anything can be replayed, and starts at once.
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/zoo/listening.h"

namespace {

bool is_fatal(const char* bytes, ssize_t size) {
  return size >= 6 && memcmp(bytes + size - 6, "BREAK\n", 6) == 0;
}

void answer(int fd, const char* bytes, ssize_t size) {
  volatile char* volatile nowhere = nullptr;
  if (is_fatal(bytes, size)) *nowhere = bytes[0];
  if (::send(fd, bytes, static_cast<size_t>(size), MSG_NOSIGNAL) != size) ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  ::epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    if (::epoll_wait(set, &event, 1, -1) != 1) continue;
    const int fd = event.data.fd;
    if (fd == listener) {
      event.data.fd = ::accept(listener, nullptr, nullptr);
      event.events = EPOLLIN;
      ::epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event);
      continue;
    }
    char bytes[4096];
    const ssize_t got = ::read(fd, bytes, sizeof bytes);
    got > 0 ? answer(fd, bytes, got) : static_cast<void>(::close(fd));
  }
}
