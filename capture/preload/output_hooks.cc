// The calls that send what the program answers, to somebody who may answer in turn. What was sent
// is known when they return: a socket may take less than it is given.
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "capture/preload/answers.h"
#include "capture/preload/datagrams.h"
#include "capture/preload/hooks.h"
#include "capture/preload/sessions.h"
#include "capture/preload/unseen.h"

namespace crashreel {

void prepare_output_hooks() {
  CRASHREEL_REAL(write);
  CRASHREEL_REAL(writev);
  CRASHREEL_REAL(send);
  CRASHREEL_REAL(sendto);
  CRASHREEL_REAL(sendmsg);
  CRASHREEL_REAL(sendmmsg);
  CRASHREEL_REAL(sendfile);
  CRASHREEL_REAL(sendfile64);
  CRASHREEL_REAL(splice);
  CRASHREEL_REAL(tee);
}

namespace {

// Digests leave errno alone, so what the real call set is what the program finds.
ssize_t noted(int fd, const void* bytes, ssize_t sent) {
  bytes_went(fd, bytes, sent);
  return sent;
}

ssize_t noted_parts(int fd, const iovec* parts, std::size_t count, ssize_t sent) {
  parts_went(fd, parts, count, sent);
  return sent;
}

// What leaves a session inside the kernel is an input that nobody saw.
void note_spliced(int fd, ssize_t moved) {
  if (moved > 0 && brings_input(fd)) note_unseen(Unseen::kSplice);
}

ssize_t noted_unseen(int fd, ssize_t sent) {
  unseen_bytes_went(fd, sent);
  return sent;
}

}  // namespace
}  // namespace crashreel

CRASHREEL_HOT_HOOK ssize_t write(int fd, const void* bytes, std::size_t size) {
  return crashreel::noted(fd, bytes, CRASHREEL_REAL(write)(fd, bytes, size));
}

CRASHREEL_HOT_HOOK ssize_t writev(int fd, const iovec* parts, int count) {
  const ssize_t sent = CRASHREEL_REAL(writev)(fd, parts, count);
  return crashreel::noted_parts(fd, parts, count < 0 ? 0 : static_cast<std::size_t>(count), sent);
}

CRASHREEL_HOT_HOOK ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  return crashreel::noted(fd, bytes, CRASHREEL_REAL(send)(fd, bytes, size, flags));
}

CRASHREEL_HOT_HOOK ssize_t sendto(int fd, const void* bytes, std::size_t size, int flags,
                                  const sockaddr* address, socklen_t address_size) {
  const ssize_t sent = CRASHREEL_REAL(sendto)(fd, bytes, size, flags, address, address_size);
  if (sent >= 0) crashreel::datagram_sent(fd, address, address_size);
  return crashreel::noted(fd, bytes, sent);
}

CRASHREEL_HOT_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const ssize_t sent = CRASHREEL_REAL(sendmsg)(fd, message, flags);
  if (sent < 0) return sent;
  crashreel::datagram_sent(fd, message->msg_name, message->msg_namelen);
  return crashreel::noted_parts(fd, message->msg_iov, message->msg_iovlen, sent);
}

CRASHREEL_HOOK int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const int sent = CRASHREEL_REAL(sendmmsg)(fd, messages, count, flags);
  for (int i = 0; i < sent; ++i) {
    const msghdr& message = messages[i].msg_hdr;
    crashreel::datagram_sent(fd, message.msg_name, message.msg_namelen);
    crashreel::parts_went(fd, message.msg_iov, message.msg_iovlen, messages[i].msg_len);
  }
  return sent;
}

CRASHREEL_HOOK ssize_t sendfile(int to, int from, off_t* offset, std::size_t size) noexcept {
  return crashreel::noted_unseen(to, CRASHREEL_REAL(sendfile)(to, from, offset, size));
}

CRASHREEL_HOOK ssize_t sendfile64(int to, int from, off64_t* offset, std::size_t size) noexcept {
  return crashreel::noted_unseen(to, CRASHREEL_REAL(sendfile64)(to, from, offset, size));
}

CRASHREEL_HOOK ssize_t splice(int from, off64_t* from_offset, int to, off64_t* to_offset,
                              std::size_t size, unsigned flags) {
  const ssize_t moved = CRASHREEL_REAL(splice)(from, from_offset, to, to_offset, size, flags);
  crashreel::note_spliced(from, moved);
  return crashreel::noted_unseen(to, moved);
}

CRASHREEL_HOOK ssize_t tee(int from, int to, std::size_t size, unsigned flags) {
  const ssize_t moved = CRASHREEL_REAL(tee)(from, to, size, flags);
  crashreel::note_spliced(from, moved);
  return moved;
}
