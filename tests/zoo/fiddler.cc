// A server that is not content with reading from its connections and writing to them. A line is a
// word for what it does, with this line's answer or with the next line; each is answered with what
// came of it.
//
//   fiddler PORT|PATH epoll|edge|poll|select|block
//     SENDFILE  PRINT  WRITEV  SENDMSG  DUP  FORK  BADWRITE  BIG  SHUT  NAME  LEAVE
//     PEEK  COUNT  TWICE  PARTS  BADREAD  RAW  ALL  MESSAGE: how the next line is read
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

char* volatile nowhere = reinterpret_cast<char*>(1);

struct Session {
  std::string unread;
  std::string next;  // how
};

std::string told(ssize_t result) {
  return result < 0 ? "errno " + std::to_string(errno) : std::to_string(result);
}

void send_file(int fd, const std::string& text) {
  const int file = ::memfd_create("answer", MFD_CLOEXEC);
  if (::write(file, text.data(), text.size()) < 0) std::abort();
  off_t from = 0;
  ::sendfile(fd, file, &from, text.size());
  ::close(file);
}

void send_in_parts(int fd, std::string text, bool as_message) {
  iovec parts[2] = {{text.data(), 2}, {text.data() + 2, text.size() - 2}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  if ((as_message ? ::sendmsg(fd, &message, 0) : ::writev(fd, parts, 2)) < 0) std::abort();
}

void answer_by_copy(int fd, const std::string& text) {
  const int copy = ::dup(fd);
  zoo::answer(copy, text);
  ::close(copy);
}

void answer_by_child(int fd, const std::string& text) {
  const pid_t child = ::fork();
  if (child == 0) {
    zoo::answer(fd, text);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

std::string name_of_peer(int fd) {
  sockaddr_un address = {};
  socklen_t size = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address.sun_family == AF_UNIX ? "unix " + std::to_string(size) : "inet";
}

using Way = std::function<void(int fd, const std::string& text)>;
const std::map<std::string, Way> kWays = {
    {"SENDFILE", send_file},
    {"PRINT", [](int fd, const std::string& text) { ::dprintf(fd, "%s", text.c_str()); }},
    {"WRITEV", [](int fd, const std::string& text) { send_in_parts(fd, text, false); }},
    {"SENDMSG", [](int fd, const std::string& text) { send_in_parts(fd, text, true); }},
    {"DUP", answer_by_copy},
    {"FORK", answer_by_child},
    {"BADWRITE",
     [](int fd, const std::string&) { zoo::answer(fd, told(::write(fd, nowhere, 5)) + "\n"); }},
    {"BIG", [](int fd, const std::string&) { zoo::answer(fd, std::string(3 << 19, 'x') + "\n"); }},
    {"SHUT",
     [](int fd, const std::string& text) {
       zoo::answer(fd, text);
       ::shutdown(fd, SHUT_WR);
     }},
    {"NAME", [](int fd, const std::string&) { zoo::answer(fd, name_of_peer(fd) + "\n"); }},
};

// What this way of reading finds out before a plain read, or instead of it.
std::string look(int fd, const std::string& how, std::string& unread) {
  char buffer[64] = {};
  if (how == "PEEK") return told(::recv(fd, buffer, sizeof buffer, MSG_PEEK)) + " peeked";
  if (how == "BADREAD") return told(::read(fd, nowhere, 8));
  if (how == "COUNT") {
    int count = -1;
    ::ioctl(fd, FIONREAD, &count);
    return std::to_string(count) + " counted";
  }
  if (how == "TWICE") {
    pollfd waiting = {fd, POLLIN | POLLOUT, 0};
    const int polled = ::poll(&waiting, 1, 0);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    timeval none = {};
    const int selected = ::select(fd + 1, &set, nullptr, nullptr, &none);
    return std::to_string(polled) + " " + std::to_string(waiting.revents) + " " +
           std::to_string(selected);
  }
  ssize_t got = 0;
  if (how == "PARTS") {
    iovec parts[2] = {{buffer, 1}, {buffer + 1, 2}};
    got = ::readv(fd, parts, 2);
  } else if (how == "MESSAGE") {
    iovec part = {buffer, 4};
    sockaddr_un from = {};
    char control[64];
    msghdr message = {&from, sizeof from, &part, 1, control, sizeof control, 0};
    got = ::recvmsg(fd, &message, 0);
    if (message.msg_namelen != 0 || message.msg_controllen != 0) return "named";
  } else if (how == "ALL") {
    got = ::recv(fd, buffer, 4, MSG_WAITALL);
  } else if (how == "RAW") {
    got = ::syscall(SYS_read, fd, buffer, 4);
  } else {
    return {};
  }
  if (got > 0) unread.append(buffer, static_cast<std::size_t>(got));
  return told(got);
}

struct Server {
  int listener;
  std::map<int, Session> sessions{};
  std::function<void(int)> watch = [](int) {};

  void take_connection() {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    sessions[fd];
    watch(fd);
  }

  void do_line(int fd, Session& session, const std::string& line) {
    const auto way = kWays.find(line);
    const std::string text = line + " done\n";
    if (way != kWays.end()) {
      way->second(fd, text);
    } else {
      zoo::answer(fd, text);
      session.next = line;
    }
  }

  // False: it has ended.
  bool serve(int fd) {
    Session& session = sessions[fd];
    const std::string how = std::move(session.next);
    session.next.clear();
    const std::string found = look(fd, how, session.unread);
    if (!found.empty()) zoo::answer(fd, found + "\n");
    // What was asked for in another way is read in it alone, the rest when it is told of again.
    const bool has_read = how == "PARTS" || how == "MESSAGE" || how == "ALL" || how == "RAW";
    const bool there = has_read || zoo::read_some(fd, session.unread);
    std::string line;
    while (there && zoo::take_line(session.unread, line)) {
      if (line == "LEAVE") return false;
      do_line(fd, session, line);
    }
    return there;
  }

  void serve_or_end(int fd) {
    if (fd == listener) return take_connection();
    if (serve(fd)) return;
    sessions.erase(fd);
    ::close(fd);
  }
};

void wait_by_epoll(Server& server, std::uint32_t flags) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  server.watch = [&](int fd) {
    epoll_event interest = {};
    interest.events = EPOLLIN | (fd == server.listener ? 0 : flags);
    interest.data.fd = fd;
    ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &interest);
  };
  server.watch(server.listener);
  for (;;) {
    epoll_event found[8];
    const int count = ::epoll_wait(set, found, 8, -1);
    for (int i = 0; i < count; ++i) {
      if ((found[i].events & EPOLLIN) != 0) server.serve_or_end(found[i].data.fd);
    }
  }
}

void wait_by_poll(Server& server) {
  for (;;) {
    std::vector<pollfd> waiting = {{server.listener, POLLIN, 0}};
    for (const auto& [fd, session] : server.sessions) waiting.push_back({fd, POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), -1);
    for (const pollfd& one : waiting) {
      if (one.revents != 0) server.serve_or_end(one.fd);
    }
  }
}

void wait_by_select(Server& server) {
  for (;;) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(server.listener, &set);
    for (const auto& [fd, session] : server.sessions) FD_SET(fd, &set);
    ::select(64, &set, nullptr, nullptr, nullptr);
    for (int fd = 0; fd < 64; ++fd) {
      if (FD_ISSET(fd, &set)) server.serve_or_end(fd);
    }
  }
}

// One session at a time, in calls that wait.
void wait_in_reads(Server& server) {
  for (;;) {
    server.take_connection();
    while (!server.sessions.empty()) server.serve_or_end(server.sessions.begin()->first);
  }
}

int listen_at(const std::string& place) {
  if (place[0] != '/') return zoo::listen_on(place.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, place.c_str(), sizeof address.sun_path - 1);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 16) != 0) {
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Server server = {listen_at(argv[1])};
  const std::string how = argv[2];
  if (how == "epoll") wait_by_epoll(server, 0);
  if (how == "edge") wait_by_epoll(server, EPOLLET | EPOLLOUT);
  if (how == "poll") wait_by_poll(server);
  if (how == "select") wait_by_select(server);
  if (how == "block") wait_in_reads(server);
  return 2;
}
