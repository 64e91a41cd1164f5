// A server for the recorder's tests: does with its sessions what it is told to, one line at a time.
//
//   listener TRANSPORT READER [FILE...]
//
// TRANSPORT is tcp4, tcp6, udp4, udp6, unix:PATH, seqpacket:PATH or datagram:PATH, where "@" stands
// for the abstract kind's first byte; READER the call that sessions are read with. The FILEs are
// opened in turn by each of the ways there are, and read, before anybody can connect. Then it says
// "listening PORT" on its standard output, and answers each read with one line.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/capture/preload/answers.h"
#include "tests/capture/preload/calm.h"
#include "tests/capture/preload/errands.h"

extern "C" {
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t capacity);
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t capacity, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t capacity, int flags,
                       sockaddr* address, socklen_t* address_size);
int __open_2(const char* path, int flags);
}

namespace {

std::string reader;
bool peeks = false;
unsigned port = 0;

ssize_t read_scattered(int fd, char* buffer, size_t size) {
  char first[3];
  iovec parts[] = {{nullptr, 0}, {first, sizeof(first)}, {buffer + sizeof(first), size - 3}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  mmsghdr messages[] = {{message, 0}};
  ssize_t got = 0;
  if (reader == "readv") got = ::readv(fd, parts, 3);
  if (reader == "preadv2") got = ::preadv2(fd, parts, 3, -1, 0);
  if (reader == "recvmsg") got = ::recvmsg(fd, &message, 0);
  if (reader == "recvmmsg") {
    got = ::recvmmsg(fd, messages, 1, 0, nullptr);
    if (got == 1) got = static_cast<ssize_t>(messages[0].msg_len);
  }
  std::memcpy(buffer, first, sizeof(first));
  return got;
}

ssize_t read_session(int fd, char* buffer, size_t size) {
  if (peeks) ::recv(fd, buffer, size, MSG_PEEK);
  if (reader == "recv") return ::recv(fd, buffer, size, 0);
  if (reader == "recvfrom") return ::recvfrom(fd, buffer, size, 0, nullptr, nullptr);
  if (reader == "read_chk") return ::__read_chk(fd, buffer, size, size);
  if (reader == "recv_chk") return ::__recv_chk(fd, buffer, size, size, 0);
  if (reader == "recvfrom_chk") {
    return ::__recvfrom_chk(fd, buffer, size, size, 0, nullptr, nullptr);
  }
  if (reader != "read") return read_scattered(fd, buffer, size);
  return ::read(fd, buffer, size);
}

void read_file(const std::string& path) {
  char bytes[64];
  const int fd = ::open(path.c_str(), O_RDONLY);
  if (fd >= 0 && ::read(fd, bytes, sizeof(bytes)) >= 0) ::close(fd);
}

// 0, or -1 where it can't be opened.
int read_file_by(size_t way, const char* path) {
  FILE* stream = nullptr;
  int fd = -1;
  switch (way % 7) {
    case 0:
      fd = ::open(path, O_RDONLY);
      break;
    case 1:
      fd = ::open64(path, O_RDONLY);
      break;
    case 2:
      fd = ::openat(AT_FDCWD, path, O_RDONLY);
      break;
    case 3:
      fd = ::openat64(AT_FDCWD, path, O_RDONLY);
      break;
    case 4:
      fd = ::__open_2(path, O_RDONLY);
      break;
    case 5:
      stream = std::fopen(path, "r");
      break;
    case 6:
      stream = ::fopen64(path, "rb");
      break;
  }
  char byte;
  if (fd >= 0 && ::read(fd, &byte, 1) >= 0) ::close(fd);
  if (stream != nullptr && std::fgetc(stream) != -2) std::fclose(stream);
  return fd >= 0 || stream != nullptr ? 0 : -1;
}

// Whom the next datagram is from; asked beforehand, for not every READER tells.
sockaddr_storage asker;
socklen_t asker_size = 0;

void answer(int fd, const std::string& text = "ok\n") {
  const auto* address = asker_size == 0 ? nullptr : reinterpret_cast<const sockaddr*>(&asker);
  const ssize_t put = calm([&] {
    return asker_size == 0 ? ::write(fd, text.data(), text.size())
                           : ::sendto(fd, text.data(), text.size(), 0, address, asker_size);
  });
  if (put < 0) std::perror("answer");
}

// Eight random bytes in hex, as a line.
std::string random_text() {
  unsigned char bytes[8] = {};
  std::string text;
  char digits[3];
  if (calm([&] { return ::getrandom(bytes, sizeof bytes, 0); }) < 0) std::perror("random");
  for (const unsigned char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text + "\n";
}

void serve(std::vector<pollfd>& polled, size_t index);

// As programs do that start others: the child shares our memory until it calls exec.
void close_in_vforked_child(int fd) {
  const pid_t child = ::vfork();
  if (child == 0) {
    ::close(fd);
    ::execl("/bin/true", "true", nullptr);
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
}

// As servers do that report their own crash: with a handler for one time.
void handle_sigbus() {
  struct sigaction own = {};
  own.sa_handler = [](int) { ::_exit(55); };
  own.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGBUS, &own, nullptr);
  struct sigaction seen = {};
  ::sigaction(SIGBUS, nullptr, &seen);
  if (seen.sa_handler != own.sa_handler || (seen.sa_flags & SA_SIGINFO) != 0) ::_exit(56);
}

// Touches a page that its file does not have.
void fault() {
  void* page = ::mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, ::memfd_create("lost", 0), 0);
  *static_cast<volatile char*>(page) = 1;
}

int own_listener = -1;

// The same process with a new state, which goes on with its sockets.
void become_another(int session) {
  const std::string sockets =
      "inherited:" + std::to_string(own_listener) + ":" + std::to_string(session);
  ::execl("/proc/self/exe", "listener", sockets.c_str(), reader.c_str(), nullptr);
}

// Carries out one line; returns the descriptor that the session has now, -1 for none.
int obey(int fd, const std::string& line) {
  if (line == "abort") std::abort();
  if (line == "bye") return calm([&] { return ::close(fd); }), -1;
  if (line == "exec") become_another(fd);
  if (line == "peek") peeks = true;
  if (line == "half") ::shutdown(fd, SHUT_RD);
  if (line.starts_with("answer ")) return calm([&] { return answer_by(line.substr(7), fd), fd; });
  if (line == "port") return answer(fd, std::to_string(port) + "\n"), fd;
  if (line == "random") return answer(fd, random_text()), fd;
  if (line.starts_with("open ")) read_file(line.substr(5));
  if (line.starts_with("system ")) (void)!std::system(line.substr(7).c_str());
  if (line == "handle SIGBUS") handle_sigbus();
  if (line == "fault") fault();
  if (line.starts_with("errand ")) run_errand(line.substr(7), fd);
  if (line == "vfork") close_in_vforked_child(fd);
  if (line == "dup") {
    fd = calm([&] {
      const int copy = ::fcntl(fd, F_DUPFD, 100);
      const int again = ::dup(copy);
      const int third = ::dup3(again, 120, O_CLOEXEC);
      const int fourth = ::dup2(third, 121);
      const int fifth = ::fcntl(fourth, F_DUPFD_CLOEXEC, 122);
      for (const int old : {fd, copy, again, third, fourth}) ::close(old);
      return fifth;
    });
  }
  if (line == "fork") {
    if (calm([] { return ::fork(); }) == 0) {
      answer(fd);
      std::vector<pollfd> own = {{fd, POLLIN, 0}};
      while (!own.empty()) {
        ::poll(own.data(), own.size(), -1);
        serve(own, 0);
      }
      ::_exit(0);
    }
    return ::close(fd), -1;
  }
  answer(fd);
  return fd;
}

void serve(std::vector<pollfd>& polled, size_t index) {
  static char buffer[256 << 10];
  int fd = polled[index].fd;
  const ssize_t got = calm([&] { return read_session(fd, buffer, sizeof(buffer)); });
  if (got < 0 && errno == EAGAIN) return;
  std::string line(buffer, got < 0 ? 0 : static_cast<size_t>(got));
  if (got <= 0) {
    calm([&] { return ::close(fd); });
    fd = -1;
  } else {
    if (line.ends_with('\n')) line.pop_back();
    fd = obey(fd, line);
  }
  if (fd >= 0) {
    polled[index].fd = fd;
  } else {
    polled.erase(polled.begin() + static_cast<std::ptrdiff_t>(index));
  }
}

bool has_datagrams = false;

socklen_t unix_address(const std::string& name, sockaddr_storage* storage) {
  auto* local = reinterpret_cast<sockaddr_un*>(storage);
  local->sun_family = AF_UNIX;
  std::memcpy(local->sun_path, name.data(), name.size());
  if (name.starts_with('@')) local->sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

socklen_t loopback_address(const std::string& transport, sockaddr_storage* storage) {
  if (transport.ends_with('6')) {
    auto* local = reinterpret_cast<sockaddr_in6*>(storage);
    local->sin6_family = AF_INET6;
    local->sin6_addr = in6addr_loopback;
    return sizeof(sockaddr_in6);
  }
  auto* local = reinterpret_cast<sockaddr_in*>(storage);
  local->sin_family = AF_INET;
  local->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return sizeof(sockaddr_in);
}

int listen_on(const std::string& transport) {
  sockaddr_storage storage = {};
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  const size_t colon = transport.find(':');
  socklen_t size = colon == std::string::npos ? loopback_address(transport, &storage)
                                              : unix_address(transport.substr(colon + 1), &storage);
  has_datagrams = transport.starts_with("udp") || transport.starts_with("datagram");
  int type = has_datagrams ? SOCK_DGRAM : SOCK_STREAM;
  if (transport.starts_with("seqpacket")) type = SOCK_SEQPACKET;
  const int listener = ::socket(address->sa_family, type, 0);
  if (::bind(listener, address, size) != 0) return -1;
  if (!has_datagrams && ::listen(listener, 16) != 0) return -1;
  size = sizeof(storage);
  ::getsockname(listener, address, &size);
  // Both families have it in the same place.
  port = ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
  std::printf("listening %u\n", port);
  std::fflush(stdout);
  return listener;
}

// What comes is done as for a session, but an empty datagram is only answered.
void serve_datagram(int fd) {
  static char buffer[65536];
  asker_size = sizeof(asker);
  ::recvfrom(fd, buffer, 1, MSG_PEEK, reinterpret_cast<sockaddr*>(&asker), &asker_size);
  const ssize_t got = calm([&] { return read_session(fd, buffer, sizeof(buffer)); });
  std::string line(buffer, got < 0 ? 0 : static_cast<size_t>(got));
  if (line.ends_with('\n')) line.pop_back();
  obey(fd, line);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  reader = argv[2];
  for (int i = 3; i < argc; ++i) {
    calm([&] { return read_file_by(static_cast<size_t>(i - 3), argv[i]); });
  }
  std::vector<pollfd> polled;
  int session = -1;
  if (std::sscanf(argv[1], "inherited:%d:%d", &own_listener, &session) == 2) {
    polled = {{own_listener, POLLIN, 0}, {session, POLLIN, 0}};
    std::printf("listening 0\n");
    std::fflush(stdout);
  } else {
    own_listener = listen_on(argv[1]);
    polled = {{own_listener, POLLIN, 0}};
  }
  if (own_listener < 0) return 1;
  while (has_datagrams) serve_datagram(own_listener);
  for (;;) {
    ::poll(polled.data(), polled.size(), -1);
    for (size_t i = polled.size() - 1; i > 0; --i) {
      if (polled[i].revents != 0) serve(polled, i);
    }
    if (polled[0].revents == 0) continue;
    const int fd = calm([] { return ::accept(own_listener, nullptr, nullptr); });
    polled.push_back({fd, POLLIN, 0});
  }
}
