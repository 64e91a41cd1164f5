#include "tests/bench/yardstick.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "capture/base/check.h"
#include "tests/bench/bench.h"

namespace crashreel::bench {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int tcp_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  CRASHREEL_CHECK(fd >= 0);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// On a free port, which is returned too.
int listen_anywhere(int* port) {
  const int fd = tcp_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  CRASHREEL_CHECK(::bind(fd, name, size) == 0 && ::listen(fd, 128) == 0);
  CRASHREEL_CHECK(::getsockname(fd, name, &size) == 0);
  *port = ntohs(address.sin_port);
  return fd;
}

bool connect_to(int fd, int port) {
  const sockaddr_in address = loopback(port);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool echo(const std::string& data, int ours, int theirs) {
  char bytes[4096];
  const auto size = static_cast<ssize_t>(data.size());
  return size <= static_cast<ssize_t>(sizeof bytes) &&
         ::send(ours, data.data(), data.size(), MSG_NOSIGNAL) == size &&
         ::recv(theirs, bytes, sizeof bytes, 0) == size &&
         ::send(theirs, bytes, data.size(), MSG_NOSIGNAL) == size &&
         ::recv(ours, bytes, sizeof bytes, 0) == size;
}

[[noreturn]] void play(const Reel& reel) {
  int port = 0;
  const int listener = listen_anywhere(&port);
  std::map<std::uint32_t, std::pair<int, int>> sessions;
  for (const Input& input : reel.inputs) {
    auto& [ours, theirs] = sessions[input.session];
    if (ours == 0) {
      ours = tcp_socket();
      if (!connect_to(ours, port)) ::_exit(1);
      theirs = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    }
    if (!echo(input.data, ours, theirs)) ::_exit(1);
  }
  ::_exit(0);
}

// The one that is being started.
class Driven {
 public:
  explicit Driven(std::vector<std::string> argv) {
    ::close(listen_anywhere(&port_));
    std::vector<char*> raw;
    for (std::string& word : argv) {
      if (word == "{PORT}") word = std::to_string(port_);
      raw.push_back(word.data());
    }
    raw.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(nowhere, fd);
    ::execv(raw[0], raw.data());
    ::_exit(127);
  }
  ~Driven() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  // As soon as it listens, tried each millisecond, as the others do.
  int connect() const {
    for (;;) {
      const int fd = tcp_socket();
      if (connect_to(fd, port_)) return fd;
      ::close(fd);
      CRASHREEL_CHECK(::waitpid(pid_, nullptr, WNOHANG) == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace

double bare_loop_seconds(const Reel& reel, int rounds) {
  const double seconds = wall_seconds_of([&] {
    for (int i = 0; i < rounds; ++i) {
      const pid_t child = ::fork();
      if (child == 0) play(reel);
      int status = -1;
      CRASHREEL_CHECK(::waitpid(child, &status, 0) == child && status == 0);
    }
  });
  return seconds / rounds;
}

double driven_seconds(std::vector<std::string> argv, const Reel& reel, Pace pace) {
  return wall_seconds_of([&] {
    const Driven driven(std::move(argv));
    std::map<std::uint32_t, int> sessions;
    for (const Input& input : reel.inputs) {
      if (!sessions.contains(input.session)) sessions[input.session] = driven.connect();
      const int fd = sessions[input.session];
      const auto size = static_cast<ssize_t>(input.data.size());
      CRASHREEL_CHECK(::send(fd, input.data.data(), input.data.size(), MSG_NOSIGNAL) == size);
      char answer[65536];
      if (pace == Pace::kByReplies) CRASHREEL_CHECK(::recv(fd, answer, sizeof answer, 0) > 0);
      if (pace == Pace::kBySleeps) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (const auto& [session, fd] : sessions) ::close(fd);
  });
}

}  // namespace crashreel::bench
