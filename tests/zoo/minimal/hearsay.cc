// What a dependency answered. Q asks at port 7002 and keeps what was said, U uses it.
//
// The bug: of an answer with a '!' in it nothing is kept.
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/zoo/commands.h"

int facts[256];
int* heard = &facts[0];

int ask(char* bytes, int size) {
  sockaddr_in there = {};
  there.sin_family = AF_INET;
  there.sin_port = htons(7002);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ssize_t got = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
      ::send(fd, "?", 1, MSG_NOSIGNAL) == 1) {
    got = ::read(fd, bytes, static_cast<std::size_t>(size));
  }
  ::close(fd);
  return static_cast<int>(got);
}

void hear() {
  char bytes[64];
  const int got = ask(bytes, sizeof bytes);
  if (got <= 0) return;
  const bool shouts = ::memchr(bytes, '!', static_cast<std::size_t>(got)) != nullptr;
  heard = shouts ? nullptr : &facts[static_cast<unsigned char>(bytes[0])];
}

[[gnu::noinline]] void use() {
  zoo::write_through(heard);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'Q') hear();
    if (command == 'U') use();
  });
}
