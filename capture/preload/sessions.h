// What of the calls of an unmodified program is an input, and to which session does it belong?
//
// The hooks tell what happened to descriptors, after the real call; this decides what is written to
// the ring. A session is a connection that the program accepted. Its inputs are the bytes that
// reads returned, piece by piece as they were returned, and the other side's end. When the program
// itself closes a session nothing came from outside: nothing is recorded, the number is never used
// again, and the ring is told that the session's head need not be kept. Of what it sends only a
// digest is kept. Everything here leaves errno alone and may run in a signal handler.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdio>

#include "capture/interpose/descriptors.h"

namespace crashreel {

// Nothing is recorded before this.
//
//   CRASHREEL_DIGESTS  "none": no digests of what the program sends
void begin_sessions();

bool any_session_yet();

// accept() returned `fd`.
void session_accepted(int fd);

// A read of at most `wanted` bytes of `fd` returned `got`, and left errno as it is now.
void bytes_came(int fd, const void* bytes, std::size_t wanted, ssize_t got);

// The same for the reads that scatter. `parts` is what the program passed in.
void parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got);

// A write of `fd` sent `sent` of these bytes, or failed when that is negative.
void bytes_went(int fd, const void* bytes, ssize_t sent);
void parts_went(int fd, const iovec* parts, std::size_t count, ssize_t sent);
// The kernel alone had the bytes (sendfile, splice).
void unseen_bytes_went(int fd, ssize_t sent);

// Not a session: `fd` brings random bytes or signals from now on, in whatever way it is read.
void device_opened(int fd, DescriptorKind kind);

// stdio handed over these bytes of `file`.
void stdio_read(FILE* file, const void* bytes, std::size_t size);

// Descriptors `first` to `last` are about to be closed.
void descriptors_closing(int first, int last);

// dup() and its relatives made `to` mean what `from` means.
void descriptor_copied(int from, int to);

// The program shut the reading side of `fd`: it will read an end that nobody sent.
void reading_shut(int fd);

}  // namespace crashreel
