// Whose descriptor is it?
//
// The player lives in the program's process and shares its descriptor table. Its own descriptors
// are kept high, out of the way of the numbers that the program sees, and closed to it; of the
// program's the player knows the listeners, under the ports that the program asked for.
#pragma once

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

// A listener: the program asked for `port` and got a free one.
void remember_bound(int fd, std::uint16_t asked_port);
void remember_listening(int fd);
// The socket has been made again, with another real port.
void find_real_port_again(int fd);
void forget_descriptor(int fd);

// Nothing but the other side's window holds its data back: a system's default may pace what it
// sends by the real clock. Connections inherit it from their listener.
void send_at_once(int fd);

// The port that the program asked for; 0 when fd was never bound to one.
std::uint16_t asked_port(int fd);
// The same for whatever is bound to this real port; 0 when nothing is.
std::uint16_t asked_port_of_real(std::uint16_t real_port);

// The listener for connections to this port as the program named it, else the first; -1: none.
int listener_for(std::uint16_t port);

}  // namespace crashreel::player
