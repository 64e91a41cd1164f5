// A server that takes each of its sessions in by another call, in turn: those that a program's
// source does not show (a distribution compiles with _FORTIFY_SOURCE), those for many messages at a
// time, and stdio.
//
//   sundry PORT
//
//   line     -> the way in which it was read, and the line
#include <poll.h>
#include <sys/uio.h>

#include <cerrno>
#include <functional>
#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

// As the headers call them where the buffer's size is known and the number of bytes is not.
extern "C" {
ssize_t __read_chk(int fd, void* buffer, size_t size, size_t room);
ssize_t __recv_chk(int fd, void* buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void* buffer, size_t size, size_t room, int flags, sockaddr* address,
                       socklen_t* length);
int __poll_chk(pollfd* descriptors, nfds_t count, int timeout_ms, size_t room);
int __ppoll_chk(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask,
                size_t room);
}

namespace {

constexpr std::size_t kRoom = 256;

struct Way {
  const char* name;
  std::function<ssize_t(int fd, char* buffer)> read;
};

// The second message comes if it is there already; its bytes are behind the first's.
ssize_t receive_two(int fd, char* buffer) {
  iovec parts[2] = {{buffer, kRoom / 2}, {buffer + kRoom / 2, kRoom / 2}};
  mmsghdr messages[2] = {};
  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int got = ::recvmmsg(fd, messages, 2, MSG_WAITFORONE, nullptr);
  return got == 1 ? messages[0].msg_len : -1;
}

ssize_t read_parts(int fd, char* buffer) {
  const iovec parts[2] = {{buffer, 1}, {buffer + 1, kRoom - 1}};
  return ::preadv2(fd, parts, 2, -1, 0);
}

const std::vector<Way>& ways() {
  static const std::vector<Way> all = {
      {"read", [](int fd, char* buffer) { return __read_chk(fd, buffer, kRoom, kRoom); }},
      {"recv", [](int fd, char* buffer) { return __recv_chk(fd, buffer, kRoom, kRoom, 0); }},
      {"recvfrom",
       [](int fd, char* buffer) {
         return __recvfrom_chk(fd, buffer, kRoom, kRoom, 0, nullptr, nullptr);
       }},
      {"poll",
       [](int fd, char* buffer) {
         pollfd descriptor = {fd, POLLIN, 0};
         const int ready = __poll_chk(&descriptor, 1, -1, sizeof descriptor);
         return ready == 1 ? ::recv(fd, buffer, kRoom, MSG_DONTWAIT) : -1;
       }},
      {"ppoll",
       [](int fd, char* buffer) {
         pollfd descriptor = {fd, POLLIN, 0};
         const int ready = __ppoll_chk(&descriptor, 1, nullptr, nullptr, sizeof descriptor);
         return ready == 1 ? ::recv(fd, buffer, kRoom, MSG_DONTWAIT) : -1;
       }},
      {"preadv2", read_parts},
      {"recvmmsg", receive_two},
  };
  return all;
}

// In one call, as two messages.
void answer_in_two(int fd, std::string first, std::string second) {
  iovec parts[2] = {{first.data(), first.size()}, {second.data(), second.size()}};
  mmsghdr messages[2] = {};
  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  if (::sendmmsg(fd, messages, 2, MSG_NOSIGNAL) != 2) std::perror("sendmmsg");
}

void serve(int fd, const Way& way) {
  std::string unread;
  for (;;) {
    char buffer[kRoom];
    const ssize_t got = way.read(fd, buffer);
    if (got <= 0) break;
    unread.append(buffer, static_cast<std::size_t>(got));
    for (std::string line; zoo::take_line(unread, line);) {
      answer_in_two(fd, std::string(way.name) + " ", line + "\n");
    }
  }
  ::close(fd);
}

// One to read and one to write, as everybody does who wants no surprises of stdio's.
void serve_as_stream(int fd) {
  FILE* in = ::fdopen(fd, "r");
  FILE* out = ::fdopen(::dup(fd), "w");
  if (in == nullptr || out == nullptr || ::fileno(in) != fd) std::exit(3);
  char line[kRoom];
  while (std::fgets(line, sizeof line, in) != nullptr) {
    std::fprintf(out, "stream %s", line);
    std::fflush(out);
  }
  std::fclose(out);
  std::fclose(in);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (std::size_t turn = 0;; turn = (turn + 1) % (ways().size() + 1)) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (turn < ways().size()) {
      std::thread(serve, fd, std::cref(ways()[turn])).detach();
    } else {
      std::thread(serve_as_stream, fd).detach();
    }
  }
}
