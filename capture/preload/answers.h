// What did the program answer in its sessions?
//
// Of what it sends only a digest is kept, written with the next input of the session or when the
// program closes it. Leaves errno alone and may run in a signal handler.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "capture/runtime/ring_answers.h"

namespace crashreel {

// No digests before this.
//
//   CRASHREEL_DIGESTS  "none": none of what the program sends
void begin_answers();

// Around one call of the program that may send bytes: made before the call, told after it what
// went. Without the second half, where a signal handler has left the call, the session has no
// digest up to its next input. No destructor does it, for a cancelled thread runs none of ours.
class Answering {
 public:
  // Whatever `fd` is, a session or none. Cipher text is passed over (tls.h).
  explicit Answering(int fd);

  // `sent` of these bytes went, or none when that is negative.
  void sent(const void* bytes, ssize_t sent) const {
    ring::end_answer(sending_, bytes, sent < 0 ? 0 : static_cast<std::size_t>(sent));
  }
  void sent(const iovec* parts, std::size_t count, ssize_t sent) const;
  void sent(const mmsghdr* messages, int sent) const;
  // The kernel alone had the bytes (sendfile, splice).
  void sent_unseen(ssize_t sent) const;

  // As above, of a session's plain bytes inside its TLS.
  static Answering in_clear(std::uint32_t session);

  bool is_noted() const { return sending_.place != nullptr; }

 private:
  Answering() = default;

  ring::Sending sending_;
};

// The program closed its last descriptor of the session.
void answers_end(std::uint32_t session);

}  // namespace crashreel
