// What did the program answer in its sessions?
//
// Of what it sends only a digest is kept, written with the next input of the session or when the
// program closes it. Leaves errno alone and may run in a signal handler.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace crashreel {

// No digests before this.
//
//   CRASHREEL_DIGESTS  "none": none of what the program sends
void begin_answers();

// A write of `fd` sent `sent` of these bytes, or failed when that is negative. Cipher text is
// passed over (tls.h).
void bytes_went(int fd, const void* bytes, ssize_t sent);
void parts_went(int fd, const iovec* parts, std::size_t count, ssize_t sent);
// The kernel alone had the bytes (sendfile, splice).
void unseen_bytes_went(int fd, ssize_t sent);

// These bytes went into the session's TLS.
void plain_bytes_went(std::uint32_t session, const void* bytes, std::size_t size);

// The program closed its last descriptor of the session.
void answers_end(std::uint32_t session);

}  // namespace crashreel
