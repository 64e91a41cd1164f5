// What do the files share that decide which session something belongs to?
//
// The one table of descriptors, and how a session is begun and ended in it and in the ring. For the
// recorder's own files; the hooks speak to sessions.h, datagrams.h and tls.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/interpose/descriptors.h"
#include "capture/preload/endpoints.h"
#include "capture/preload/hot_state.h"

namespace crashreel {

inline DescriptorTable& descriptors() {
  return g_hot.descriptors;
}

bool is_recording();

// A number for what is not a session, or not yet.
std::uint32_t next_own_number();

// The opening of a session, in the ring.
void record_opening(std::uint32_t session, bool outbound, const char* text, std::size_t size);

// `fd` is a new session of the program, `descriptor` says what kind.
void begin_session(int fd, Descriptor descriptor, const char* text, std::size_t size);

// `fd` is one once something comes.
void await_session(int fd, std::uint8_t flags, std::uint32_t own_number);

// What `fd` means now that something has come: what was awaited is a session from here on.
Descriptor come_to(int fd, Descriptor descriptor);

// The other side ended it, or will never answer; `error` is what the program was told, 0 for a
// plain end.
void end_session(int fd, int error);

// How often this process has forked: its children may go on with what it closes.
std::uint16_t forks_so_far();

}  // namespace crashreel
