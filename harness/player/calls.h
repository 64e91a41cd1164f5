// Whom does the program call, and who answers?
//
// What dependencies answered is in the reel, in outbound sessions. When the program connects to
// somebody, the first session of the script that calls the same place and has not begun yet is this
// one, and the player is at its other end. Where there is none left, somebody was called who in
// production was not: the call is refused, and counted. The program's own listeners are called as
// they are. No call leaves the process.
#pragma once

#include <sys/socket.h>

#include "harness/player/script.h"

namespace crashreel::player {

void answer_calls_from(ScriptHeader* script);

// As connect(2) of what is not for UDP (questions.h). Any thread.
int call(int fd, const sockaddr* address, socklen_t size);

// For those who call in other ways, too, under the scheduler's lock: the first session that the
// program opens there and that has not begun, and the step that opens it. False: none is left.
bool find_called(std::uint32_t place, std::uint32_t* step, std::uint32_t* session);
// It begins, with this socket of the player's for its end.
void begin_called(std::uint32_t step, std::uint32_t session, int end, bool has_datagrams);
void note_unanswered(const sockaddr* address, socklen_t size);

// As getpeername(2) has just told it, with `room` for the address: whom the program believes to be
// connected to.
void show_called(int fd, sockaddr* address, socklen_t* size, socklen_t room);
void forget_call(int fd);

}  // namespace crashreel::player
