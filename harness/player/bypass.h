// How do a session's bytes reach the program without the kernel?
//
// Once the program has read from a session by a call that the player stands in front of, its next
// inputs are lent to it: they lie in the script, the waits that would end by them end, the next
// call that reads takes them from there, and what the program writes is taken down on the spot.
// Four of five system calls of an input are saved. The socket is still there, and all else that the
// program does with it is the kernel's: what it was lent goes into the socket before the program,
// or the player, does anything with it that is not known here, and stays there from then on.
//
// Nothing hangs on whether we know all the sets that a descriptor is in: an input that the idle
// program was not told of goes into the socket, too, and the kernel tells. An input is lent only
// where nothing lies unread in the socket, so their order is kept.
//
// Under the scheduler's lock, but where something else is said.
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "harness/player/idle.h"

namespace crashreel::player {

// For the stage. False: it has to go through the kernel.
bool lend(std::uint32_t session, const char* bytes, std::uint32_t size);
// What is lent goes into the socket: of this session, before anything else is sent there; of all
// that the idle program has not been told of (true: there was some); of all.
void take_back(std::uint32_t session);
bool take_back_untold();
void take_back_all();
// The program was idle: it may be given as much again.
void begin_turn();
// Whether anything bypasses the kernel here: not in a try that is told so, nor in a process that
// performs no steps.
void allow_bypass(bool allowed);
// Bytes that are lent and unread.
std::uint32_t unread_of(std::uint32_t session);

// For the scheduler: would this wait end by something that is lent?
bool has_lent(const Wait& wait);

// For waits for descriptors, around the real look. What the program was told of and did not take
// goes into the socket before it; then what is lent is added to what the kernel has found.
// Returns how many descriptors, or events, were added.
void before_look(const pollfd* descriptors, nfds_t count);
int add_lent(pollfd* descriptors, nfds_t count);
void before_look(int limit, const fd_set* readable);
int add_lent(int limit, const fd_set& asked, fd_set* readable);
// In place of the real look, where there is any.
int lent_events(int set, epoll_event* events, int capacity);

// For the calls of the program; any thread, without the lock.
struct Parts {
  const iovec* first;
  std::size_t count;
};
// False: the kernel has to answer. Else the call's result, with errno.
bool read_lent(int fd, Parts parts, int flags, ssize_t* result);
bool read_lent_locked(int fd, Parts parts, int flags, ssize_t* result);  // under the lock
bool write_bypassing(int fd, Parts parts, int flags, ssize_t* result);
// Bytes that could be read at once; false: the kernel knows.
bool count_lent(int fd, int* bytes);
// The kernel gave so many.
void note_read(int fd, std::size_t size);
// Whether a unix socket is called so for us alone: production's clients have no names.
bool is_own_name(const sockaddr* address, const socklen_t* size);
// The program has a new connection; a set has changed.
void note_connection(int fd);
void note_interest(int set, int operation, int fd, const epoll_event* event);
// From now on the kernel alone serves a descriptor, which may be about to close, or all of them.
void leave_to_kernel(int fd);
void leave_range_to_kernel(unsigned first, unsigned last);
void leave_all_to_kernel();

}  // namespace crashreel::player
