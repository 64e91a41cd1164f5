#include "tests/capture/preload/answers.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>

namespace {

ssize_t send_message(const std::string& how, int fd) {
  char text[] = "ok\n";
  iovec parts[] = {{text, 1}, {nullptr, 0}, {text + 1, 2}};
  mmsghdr message = {};
  message.msg_hdr.msg_iov = parts;
  message.msg_hdr.msg_iovlen = 3;
  if (how == "writev") return ::writev(fd, parts, 3);
  if (how == "sendmsg") return ::sendmsg(fd, &message.msg_hdr, 0);
  return ::sendmmsg(fd, &message, 1, 0) == 1 ? message.msg_len : -1;
}

ssize_t send_file(const std::string& how, int fd) {
  const int file = ::memfd_create("answer", MFD_CLOEXEC);
  off_t start = 0;
  if (::pwrite(file, "ok\n", 3, 0) != 3) return -1;
  ssize_t sent = -1;
  if (how == "sendfile") {
    sent = ::sendfile(fd, file, &start, 3);
  } else {
    int ends[2];
    if (::pipe(ends) != 0 || ::write(ends[1], "ok\n", 3) != 3) return -1;
    sent = ::splice(ends[0], nullptr, fd, nullptr, 3, 0);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ::close(file);
  return sent;
}

}  // namespace

void answer_by(const std::string& how, int fd) {
  ssize_t sent = -1;
  if (how == "write") sent = ::write(fd, "ok\n", 3);
  if (how == "pieces") sent = ::write(fd, "o", 1) + ::write(fd, "k\n", 2);
  if (how == "send") sent = ::send(fd, "ok\n", 3, 0);
  if (how == "sendto") sent = ::sendto(fd, "ok\n", 3, 0, nullptr, 0);
  if (how == "writev" || how == "sendmsg" || how == "sendmmsg") sent = send_message(how, fd);
  if (how == "sendfile" || how == "splice") sent = send_file(how, fd);
  if (sent != 3) std::perror("answer");
}
