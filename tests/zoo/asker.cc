// A server that passes each line on to somebody by a datagram, and answers with what comes back and
// from which port that seemed to come.
//
//   asker PORT ASKED [ANOTHER]      each line goes to both of the ports, to the second one last
//
// The line's first letter says how: 'c' by a socket that it connects, 's' by sendto() and
// recvfrom(), 'm' by sendmsg() and recvmsg().
#include <arpa/inet.h>
#include <sys/uio.h>

#include "tests/zoo/lines.h"

namespace {

sockaddr_in loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

ssize_t ask_connected(int fd, sockaddr_in& asked, const std::string& line, iovec& answer) {
  socklen_t size = sizeof asked;
  auto* const address = reinterpret_cast<sockaddr*>(&asked);
  if (::connect(fd, address, size) != 0) return -1;
  zoo::answer(fd, line);
  const ssize_t got = ::recv(fd, answer.iov_base, answer.iov_len, 0);
  asked = {};
  return ::getpeername(fd, address, &size) == 0 ? got : -1;
}

ssize_t ask_by_address(int fd, sockaddr_in& asked, const std::string& line, iovec& answer) {
  socklen_t size = sizeof asked;
  auto* const address = reinterpret_cast<sockaddr*>(&asked);
  if (::sendto(fd, line.data(), line.size(), 0, address, size) < 0) return -1;
  asked = {};
  return ::recvfrom(fd, answer.iov_base, answer.iov_len, 0, address, &size);
}

ssize_t ask_by_message(int fd, sockaddr_in& asked, const std::string& line, iovec& answer) {
  iovec question = {const_cast<char*>(line.data()), line.size()};
  msghdr message = {};
  message.msg_name = &asked;
  message.msg_namelen = sizeof asked;
  message.msg_iov = &question;
  message.msg_iovlen = 1;
  if (::sendmsg(fd, &message, 0) < 0) return -1;
  asked = {};
  message.msg_iov = &answer;
  return ::recvmsg(fd, &message, 0);
}

std::string asked(const std::string& line, const char* port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  char bytes[512];
  iovec answer = {bytes, sizeof bytes};
  ssize_t got = -1;
  if (line[0] == 'c') got = ask_connected(fd, address, line, answer);
  if (line[0] == 's') got = ask_by_address(fd, address, line, answer);
  if (line[0] == 'm') got = ask_by_message(fd, address, line, answer);
  ::close(fd);
  if (got < 0) return "nothing";
  return std::string(bytes, static_cast<std::size_t>(got)) + "@" +
         std::to_string(ntohs(address.sin_port));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int listener = zoo::listen_on(argv[1]);
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    std::string unread;
    while (zoo::read_some(fd, unread)) {
      for (std::string line; zoo::take_line(unread, line);) {
        std::string text = asked(line, argv[2]);
        if (argc > 3) text += " " + asked(line, argv[3]);
        zoo::answer(fd, text + "\n");
      }
    }
    ::close(fd);
  }
}
