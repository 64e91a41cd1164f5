// A server that sends each datagram back to whom it came from.
//
//   parrot PORT
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

int main(int argc, char** argv) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argc > 1 ? argv[1] : "0")));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  for (;;) {
    char bytes[2048];
    socklen_t size = sizeof address;
    auto* const from = reinterpret_cast<sockaddr*>(&address);
    const ssize_t got = ::recvfrom(fd, bytes, sizeof bytes, 0, from, &size);
    if (got < 0) return 2;
    if (::sendto(fd, bytes, static_cast<std::size_t>(got), 0, from, size) != got) return 3;
  }
}
