// Options of sockets that the player makes, or makes again. One call each, no state.
#pragma once

namespace crashreel::player {

// 0 where it can't be told.
int option(int fd, int level, int name);
void copy_option(int from, int to, int level, int name);

// Of an end of the player's: what is sent goes at once, and its end leaves nothing behind.
void prepare_own_end(int fd);

}  // namespace crashreel::player
