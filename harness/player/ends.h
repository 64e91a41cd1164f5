// Which ends of the program's sessions does the player hold, and what was answered there?
//
// Each session of the script has at most one open end. What the program answers is taken from all
// of them and hashed, session by session; an end that the program has closed is closed here as
// well, as a client would. Called under the scheduler's lock. Knows no step
// but by its number.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/player/connections.h"
#include "harness/player/script.h"

namespace crashreel::player {

// Room for the sessions of a script, and those that were open before in their places: a copy of a
// checkpoint goes on with them. False: there is no memory for it, or no descriptor.
bool prepare_ends(ScriptHeader* script, std::uint32_t session_count);
std::uint32_t session_count();

// Takes a socket of the player's (move_out_of_sight()) for the session's end. Of datagrams an empty
// one is no end, nor is an error.
void set_end(std::uint32_t session, int fd, bool has_datagrams);
// -1: not open.
int end_of(std::uint32_t session);
bool has_datagrams(std::uint32_t session);
// Ends that send datagrams by themselves, by their ports in network byte order: the program may
// answer them as they are. The second may be called without the lock.
void note_sender(std::uint16_t port);
bool has_spoken_from(std::uint16_t port);
// The session whose end is called so (end_name()); session_count(): none, or nobody knows any more.
std::uint32_t session_called(std::uint32_t name);

// Where the program reads the session, as far as it is known (bypass.h).
struct Reader {
  int fd = -1;                  // of the program's
  std::uint64_t in_socket = 0;  // bytes that were sent and that no call we know has read
};
Reader& reader_of(std::uint32_t session);

// Nothing more is sent there; what is answered is still taken, for that a client may be gone
// altogether no input tells.
void shut_end(std::uint32_t session);
// Nobody is there any more: a TCP connection is reset.
void reset_end(std::uint32_t session);

// Sessions that the program itself opens (calls.h): whether it has.
bool is_claimed(std::uint32_t session);
void claim(std::uint32_t session);

// The program has answered these bytes in this session.
void note_answer(std::uint32_t session, const char* bytes, std::size_t size);
// Takes everything that the program has answered in this session, or in all; in bytes.
std::size_t drain(std::uint32_t session);
std::size_t drain_all();

// The open ends. Returns how many there are of them, at most `capacity`.
int list_ends(OwnEnd* ends, int capacity);

}  // namespace crashreel::player
