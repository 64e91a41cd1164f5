// A server of lines over TCP, UDP and a unix socket at once, that leaves unread what it is sent
// where it was told to wait.
//
//   neglect PORT PATH     (PATH: a unix socket's, "@NAME" of the abstract kind)
//
// WAIT   -> OK, and reads no more: of a connection in this one, of datagrams none at all
// BREAK  -> the bug: a write through a null pointer
// else   -> OK
#include <poll.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

int listen_at(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const std::size_t length = std::strlen(address.sun_path);
  const bool is_abstract = path[0] == '@';
  if (is_abstract) address.sun_path[0] = 0;
  const std::size_t size = sizeof address.sun_family + length + (is_abstract ? 0 : 1);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(fd, name, static_cast<socklen_t>(size)) != 0 || ::listen(fd, 8) != 0) {
    std::perror(path);
    std::exit(1);
  }
  return fd;
}

int take_datagrams_at(const char* port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror(port);
    std::exit(1);
  }
  return fd;
}

// False: nothing more is to be read where it came from.
bool obey(const std::string& line) {
  volatile char* volatile nowhere = nullptr;
  if (line == "BREAK") *nowhere = 1;
  return line != "WAIT";
}

bool serve_datagram(int fd) {
  char bytes[256];
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  auto* const name = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got = ::recvfrom(fd, bytes, sizeof bytes, 0, name, &size);
  if (got <= 0) return true;
  const bool goes_on = obey(std::string(bytes, static_cast<std::size_t>(got - 1)));
  return ::sendto(fd, "OK\n", 3, 0, name, size) == 3 && goes_on;
}

// A line a read, as its clients send them.
bool serve_connection(int fd) {
  char bytes[256];
  const ssize_t got = ::read(fd, bytes, sizeof bytes);
  if (got <= 0) {
    ::close(fd);
    return false;
  }
  const bool goes_on = obey(std::string(bytes, static_cast<std::size_t>(got - 1)));
  zoo::answer(fd, "OK\n");
  return goes_on;
}

}  // namespace

int main(int, char** argv) {
  const int streams[] = {zoo::listen_on(argv[1]), listen_at(argv[2])};
  const int datagrams = take_datagrams_at(argv[1]);
  std::vector<pollfd> wanted = {
      {streams[0], POLLIN, 0}, {streams[1], POLLIN, 0}, {datagrams, POLLIN, 0}};
  for (;;) {
    if (::poll(wanted.data(), wanted.size(), -1) < 0) return 1;
    for (std::size_t i = wanted.size() - 1; i > 2; --i) {
      if (wanted[i].revents != 0 && !serve_connection(wanted[i].fd)) wanted[i].fd = -1;
    }
    if (wanted[2].revents != 0 && !serve_datagram(datagrams)) wanted[2].fd = -1;
    for (const int i : {0, 1}) {
      const bool calls = wanted[static_cast<std::size_t>(i)].revents != 0;
      if (calls) wanted.push_back({::accept(streams[i], nullptr, nullptr), POLLIN, 0});
    }
  }
}
