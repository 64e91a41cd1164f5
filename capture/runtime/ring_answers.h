// What has the program answered in each session since that session's last input?
//
// The digests that are not in the ring yet. One is written, as a record of its session, right
// before the session's next input, or when it is told that the session is over. What a dying
// program had answered to each session's last input is lost with it. Inside the library, and for
// the recorder, which sees what is sent without having it (sendfile). All functions may be called
// from signal handlers, never wait, and leave errno alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/ring.h"

namespace crashreel::ring {

// Keeps this many sessions apart; one whose number differs by a multiple of it pushes the digest of
// the other one into the ring early.
inline constexpr std::size_t kAnswerPlaces = 16384;

struct Answer;
extern Answer* g_answers;  // null until the first answer

void add_answer(std::uint32_t session, const void* bytes, std::size_t size);
void add_unseen_answer(std::uint32_t session, std::uint64_t size);

// Writes the session's digest, if it has one.
void write_answer(std::uint32_t session);

// The thread is about to record an input of this session.
inline void begin_input(Thread& thread, std::uint32_t session) {
  thread.in_flight = session + 1;
  if (g_answers != nullptr) write_answer(session);
}

}  // namespace crashreel::ring
