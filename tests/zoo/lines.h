// What the small servers of the zoo have in common: a listening socket, and requests that are
// lines.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace zoo {

// On the loopback; port 0: any free one, which is printed. Ends the program on trouble.
inline int listen_on(const char* port, int type_flags = 0) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 128) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("can't listen");
    std::exit(1);
  }
  std::printf("listening %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

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

}  // namespace zoo
