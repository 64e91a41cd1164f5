// What of the calls of an unmodified program is an input, and to which session does it belong?
//
// The hooks tell what happened to descriptors, after the real call; this decides what is written to
// the ring. A session is a connection that the program accepted or opened, or a pipe that somebody
// else writes into. Its inputs are the bytes that reads returned, piece by piece as they were
// returned, and the other side's end. When the program itself closes a session nothing came from
// outside: nothing is recorded, the number is never used again, and the ring is told that the
// session's head need not be kept. Datagram sockets without a connection are the business of
// datagrams.h; of what the program sends only a digest is kept (answers.h). Everything here leaves
// errno alone and may run in a signal handler.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "capture/interpose/descriptors.h"

namespace crashreel {

// Nothing is recorded before this.
void begin_sessions();

// Has anybody spoken to the program?
bool any_session_yet();

// accept() returned `fd`.
void session_accepted(int fd);

// connect() returned `result`, and left errno as it is now.
void connect_returned(int fd, const sockaddr* address, socklen_t size, int result);

// The program asked what became of a connection that was under way, and was told `error`.
void connect_failed(int fd, int error);

// open() made `fd`: maybe of a FIFO, which is looked at when something asks what it brings.
void maybe_fifo_opened(int fd);

// popen() made `fd`, which brings what `command` says.
void command_started(int fd, const char* command);

// Would anything that is read from `fd` be recorded?
bool brings_input(int fd);

// Do the bytes of `fd` come as whole datagrams or records?
bool has_boundaries(int fd);

// A read of at most `wanted` bytes of `fd` returned `got`, and left errno as it is now.
void bytes_came(int fd, const void* bytes, std::size_t wanted, ssize_t got);

// The same for the reads that scatter. `parts` is what the program passed in.
void parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got);

// The same for what was read at an offset, and so of no session, but maybe of a device. The kernel
// is not asked what `fd` is: a server may open and read a file for each of its answers.
void placed_bytes_came(int fd, const void* bytes, ssize_t got);
void placed_parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got);

// Not a session: `fd` brings random bytes or signals from now on, in whatever way it is read.
void device_opened(int fd, DescriptorKind kind);

// stdio handed over these bytes of `file`.
void stdio_read(FILE* file, const void* bytes, std::size_t size);

// One input of a session out of `size` bytes in parts.
void record_parts(std::uint32_t session, const iovec* parts, std::size_t count, std::size_t size);

// Descriptors `first` to `last` are about to be closed, or their numbers mean something new.
void descriptors_closing(int first, int last);

// dup() and its relatives made `to` mean what `from` means.
void descriptor_copied(int from, int to);

// The program shut the reading side of `fd`: it will read an end that nobody sent.
void reading_shut(int fd);

}  // namespace crashreel
