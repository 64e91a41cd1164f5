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
#include "capture/preload/hot_state.h"
#include "capture/preload/sessions.h"
#include "capture/preload/unseen.h"

namespace crashreel {

void prepare_output_hooks() {
  CRASHREEL_PREPARE_HOT(write);
  CRASHREEL_PREPARE_HOT(writev);
  CRASHREEL_PREPARE_HOT(send);
  CRASHREEL_PREPARE_HOT(sendto);
  CRASHREEL_PREPARE_HOT(sendmsg);
  CRASHREEL_REAL(sendmmsg);
  CRASHREEL_REAL(sendfile);
  CRASHREEL_REAL(sendfile64);
  CRASHREEL_REAL(splice);
  CRASHREEL_REAL(tee);
}

namespace {

// What leaves a session inside the kernel is an input that nobody saw.
void note_spliced(int fd, ssize_t moved) {
  if (moved > 0 && brings_input(fd)) note_unseen(Unseen::kSplice);
}

}  // namespace
}  // namespace crashreel

// Digests leave errno alone, so what the real call set is what the program finds.
CRASHREEL_HOT_HOOK ssize_t write(int fd, const void* bytes, std::size_t size) {
  const crashreel::Answering answer(fd);
  const ssize_t sent = CRASHREEL_HOT_REAL(write)(fd, bytes, size);
  answer.sent(bytes, sent);
  return sent;
}

CRASHREEL_WARM_HOOK ssize_t writev(int fd, const iovec* parts, int count) {
  const crashreel::Answering answer(fd);
  const ssize_t sent = CRASHREEL_HOT_REAL(writev)(fd, parts, count);
  answer.sent(parts, count < 0 ? 0 : static_cast<std::size_t>(count), sent);
  return sent;
}

CRASHREEL_WARM_HOOK ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  const crashreel::Answering answer(fd);
  const ssize_t sent = CRASHREEL_HOT_REAL(send)(fd, bytes, size, flags);
  answer.sent(bytes, sent);
  return sent;
}

CRASHREEL_WARM_HOOK ssize_t sendto(int fd, const void* bytes, std::size_t size, int flags,
                                   const sockaddr* address, socklen_t address_size) {
  const crashreel::Answering answer(fd);
  const ssize_t sent = CRASHREEL_HOT_REAL(sendto)(fd, bytes, size, flags, address, address_size);
  if (sent >= 0) crashreel::datagram_sent(fd, address, address_size);
  answer.sent(bytes, sent);
  return sent;
}

CRASHREEL_WARM_HOOK ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const crashreel::Answering answer(fd);
  const ssize_t sent = CRASHREEL_HOT_REAL(sendmsg)(fd, message, flags);
  if (sent >= 0) crashreel::datagram_sent(fd, message->msg_name, message->msg_namelen);
  // Of one that failed nothing is believed, not even where its parts are.
  sent < 0 ? answer.sent_unseen(0) : answer.sent(message->msg_iov, message->msg_iovlen, sent);
  return sent;
}

CRASHREEL_HOOK int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  const crashreel::Answering answer(fd);
  const int sent = CRASHREEL_REAL(sendmmsg)(fd, messages, count, flags);
  for (int i = 0; i < sent; ++i) {
    const msghdr& message = messages[i].msg_hdr;
    crashreel::datagram_sent(fd, message.msg_name, message.msg_namelen);
  }
  answer.sent(messages, sent);
  return sent;
}

CRASHREEL_HOOK ssize_t sendfile(int to, int from, off_t* offset, std::size_t size) noexcept {
  const crashreel::Answering answer(to);
  const ssize_t sent = CRASHREEL_REAL(sendfile)(to, from, offset, size);
  answer.sent_unseen(sent);
  return sent;
}

CRASHREEL_HOOK ssize_t sendfile64(int to, int from, off64_t* offset, std::size_t size) noexcept {
  const crashreel::Answering answer(to);
  const ssize_t sent = CRASHREEL_REAL(sendfile64)(to, from, offset, size);
  answer.sent_unseen(sent);
  return sent;
}

CRASHREEL_HOOK ssize_t splice(int from, off64_t* from_offset, int to, off64_t* to_offset,
                              std::size_t size, unsigned flags) {
  const crashreel::Answering answer(to);
  const ssize_t moved = CRASHREEL_REAL(splice)(from, from_offset, to, to_offset, size, flags);
  crashreel::note_spliced(from, moved);
  answer.sent_unseen(moved);
  return moved;
}

CRASHREEL_HOOK ssize_t tee(int from, int to, std::size_t size, unsigned flags) {
  const crashreel::Answering answer(to);
  const ssize_t moved = CRASHREEL_REAL(tee)(from, to, size, flags);
  crashreel::note_spliced(from, moved);
  answer.sent_unseen(moved);
  return moved;
}
