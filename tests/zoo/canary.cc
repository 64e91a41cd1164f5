// The canary: a small TCP server with one bug, which every run of the whole chain must find.
//
//   canary PORT       (0: any free port; prints "listening PORT")
//
// One line is one request:
//   PING              -> PONG
//   SET key value     -> OK
//   GET key           -> the value, or NONE
//   ARM name          -> OK: this session has a trap, which it can fire
//   BIND name         -> OK: takes over the trigger of another session's trap
//   FIRE              -> BANG: fires this session's traps and disarms them
//   QUIT              closes
//
// The bug: BIND moves the trigger out of the trap and leaves the trap armed, so FIRE in the first
// session calls through a null pointer. Known minimum (canary.json): 3 inputs on 2 sessions in this
// order, 18 bytes: A "ARM a\n", B "BIND a\n", A "FIRE\n". No two of them, and no other order,
// crash.
//
// It embeds crashreel.h and records when $CRASHREEL_RING is set.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/runtime/crashreel.h"

namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kLongestBacklog = 1 << 20;
constexpr std::size_t kMostKeys = 10000;
constexpr std::size_t kMostTraps = 100;

struct Trigger {
  int pulls = 0;
};

struct Trap {
  std::string name;
  std::unique_ptr<Trigger> trigger;
};

struct Session {
  std::uint32_t number = 0;  // for the recorder
  std::string unread;        // the beginning of a line whose end has not come yet
  std::string unsent;
  std::vector<Trap> traps;
  std::vector<std::unique_ptr<Trigger>> taken;
  bool closing = false;
};

struct Server {
  std::map<int, Session> sessions;  // by descriptor
  std::map<std::string, std::string> values;
};

// The first word of `text`, which loses it and the blanks behind it.
std::string take_word(std::string& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  std::string word = text.substr(0, end);
  text.erase(0, std::min(text.find_first_not_of(' ', end), text.size()));
  return word;
}

std::string set(Server& server, std::string rest) {
  const std::string key = take_word(rest);
  if (key.empty()) return "ERR no key";
  if (server.values.size() >= kMostKeys && !server.values.contains(key)) return "ERR full";
  server.values[key] = rest;
  return "OK";
}

std::string get(const Server& server, const std::string& key) {
  const auto found = server.values.find(key);
  return found == server.values.end() ? "NONE" : found->second;
}

std::string arm(Session& self, const std::string& name) {
  if (name.empty()) return "ERR no name";
  if (self.traps.size() >= kMostTraps) return "ERR too many";
  self.traps.push_back({name, std::make_unique<Trigger>()});
  return "OK";
}

std::string bind(Server& server, Session& self, const std::string& name) {
  for (auto& [fd, other] : server.sessions) {
    if (&other == &self) continue;
    for (Trap& trap : other.traps) {
      if (trap.name != name || trap.trigger == nullptr) continue;
      self.taken.push_back(std::move(trap.trigger));  // the planted bug: the trap stays armed
      return "OK";
    }
  }
  return "ERR no such trap";
}

std::string fire(Session& self) {
  if (self.traps.empty()) return "ERR not armed";
  for (Trap& trap : self.traps) {
    volatile int& pulls = trap.trigger->pulls;
    pulls = pulls + 1;
  }
  self.traps.clear();
  return "BANG";
}

std::string answer(Server& server, Session& self, std::string line) {
  const std::string verb = take_word(line);
  if (verb == "PING") return "PONG";
  if (verb == "SET") return set(server, line);
  if (verb == "GET") return get(server, line);
  if (verb == "ARM") return arm(self, line);
  if (verb == "BIND") return bind(server, self, line);
  if (verb == "FIRE") return fire(self);
  if (verb == "QUIT") return self.closing = true, "BYE";
  return "ERR what?";
}

void take_in(Server& server, Session& self, const char* bytes, std::size_t size) {
  self.unread.append(bytes, size);
  std::size_t end = 0;
  while (!self.closing && (end = self.unread.find('\n')) != std::string::npos) {
    std::string line = self.unread.substr(0, end);
    self.unread.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    self.unsent += answer(server, self, std::move(line)) + '\n';
  }
  if (self.unread.size() > kLongestLine || self.unsent.size() > kLongestBacklog) {
    self.closing = true;
  }
}

void hang_up(Server& server, int fd) {
  ::close(fd);
  server.sessions.erase(fd);
}

// What the socket does not take now waits for EPOLLOUT.
void send_unsent(Server& server, int epoll, int fd) {
  Session& self = server.sessions.at(fd);
  while (!self.unsent.empty()) {
    const ssize_t sent = ::send(fd, self.unsent.data(), self.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return hang_up(server, fd);
    if (sent < 0) break;
    self.unsent.erase(0, static_cast<std::size_t>(sent));
  }
  if (self.closing) return hang_up(server, fd);
  epoll_event event{};
  event.events = self.unsent.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

void accept_one(Server& server, int epoll, int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    ::close(fd);
    return;
  }
  Session& self = server.sessions[fd];
  self.number = crashreel_new_session();
  constexpr char kWhat[] = "tcp inbound";
  crashreel_record(CRASHREEL_OPEN, self.number, kWhat, sizeof kWhat - 1);
}

void serve(Server& server, int epoll, int fd) {
  char buffer[4096];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  Session& self = server.sessions.at(fd);
  if (got <= 0) {
    crashreel_close(self.number);
    return hang_up(server, fd);
  }
  crashreel_data(self.number, buffer, static_cast<std::size_t>(got));
  take_in(server, self, buffer, static_cast<std::size_t>(got));
  send_unsent(server, epoll, fd);
}

// A listening socket on the loopback; prints its port. -1 on trouble.
int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 128) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("canary: can't listen");
    return -1;
  }
  std::printf("listening %u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

[[noreturn]] void run(int listener) {
  Server server;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    // One event at a time: an event may close a descriptor that a later one of a batch names.
    if (::epoll_wait(epoll, &event, 1, -1) != 1) continue;
    const int fd = event.data.fd;
    if (fd == listener) {
      accept_one(server, epoll, listener);
    } else if ((event.events & EPOLLIN) != 0) {
      serve(server, epoll, fd);
    } else if ((event.events & EPOLLOUT) != 0) {
      send_unsent(server, epoll, fd);
    } else {
      crashreel_close(server.sessions.at(fd).number);
      hang_up(server, fd);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  // It stands in for servers with other arguments, too: whatever is no number means any port.
  const long port = argc >= 2 ? std::strtol(argv[1], nullptr, 10) : -1;
  if (port < 0 || port > 65535) {
    std::fprintf(stderr, "usage: canary PORT\n");
    return 2;
  }
  if (std::getenv("CRASHREEL_RING") != nullptr) {
    const int trouble = crashreel_start(nullptr);
    if (trouble != 0) std::fprintf(stderr, "canary: not recorded: %s\n", std::strerror(trouble));
  }
  const int listener = listen_on(static_cast<std::uint16_t>(port));
  if (listener < 0) return 1;
  run(listener);
}
