// Whose descriptor is it?
//
// The player lives in the program's process and shares its descriptor table. Its own descriptors
// are kept high, out of the way of the numbers that the program sees, and closed to it; of the
// program's the player knows the listeners, under the ports that the program asked for.
#pragma once

#include <sys/socket.h>

#include <cstdint>

namespace crashreel::player {

// Chooses where the player's descriptors go, and grows the table there now: growing it later, with
// threads about, waits for the kernel's grace period of 10 ms.
void prepare_descriptors();

// Moves a descriptor of the player's to the high part; the number itself where that is full.
int move_out_of_sight(int fd);
void close_own(int fd);
bool is_own(int fd);
// close_range(2) for the program, which means its own descriptors.
int close_all_but_own(unsigned first, unsigned last, int flags);
// In a forked child of the program, which has no use for the sessions' other ends.
void close_all_own();
void close_all_own_but(int one, int other);

// Where the program offers itself: it asked for a place (place.h) and got another one, a free port
// or a name that nobody else sees. A socket for datagrams is open to sessions once it is bound,
// others when they listen.
struct AskedName {
  sockaddr_storage address;
  socklen_t size;
};
void remember_bound(int fd, const AskedName& asked);
void remember_listening(int fd);
// The socket has been made again, with another real name.
void find_real_name_again(int fd);
void forget_descriptor(int fd);

// Nothing but the other side's window holds its data back: a system's default may pace what it
// sends by the real clock, and a second short answer waits until the first is acknowledged, which
// takes up to 40 ms. Connections inherit it from their listener.
void send_at_once(int fd);

// What the program knows whatever is bound to this real name as; null: nothing is.
const AskedName* asked_name_of(const sockaddr* real, socklen_t size);
// Whether the program has a socket that it believes to be bound to this path.
bool is_asked_path(const char* path);

// 0: an address of another kind than those that have places.
std::uint32_t place_of(const sockaddr* address, socklen_t size, bool has_datagrams);
bool has_datagrams(int fd);

// The socket for sessions at this place, else the first of the same kind; -1: none.
int listener_for(std::uint32_t place);
// The socket at this very place; -1: none.
int socket_at(std::uint32_t place);
// Whether the program offers itself anywhere.
bool is_open_to_sessions();

}  // namespace crashreel::player
