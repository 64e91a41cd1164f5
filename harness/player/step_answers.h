// What did the program answer to each step?
//
// As the recorder has it of production (FORMAT.md, "Digests"): all that came in a session between
// two of its steps is the answer to the first of them. Told to the harness in the script, where
// that wants to know: it costs a look at the session before each of its steps. The bytes
// themselves are written down as far as the script has room for them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/player/script.h"

namespace crashreel::player {

// Of sessions with numbers below the count. False: there is no memory for it.
bool prepare_step_answers(ScriptHeader* script, std::uint32_t session_count);
bool keeping_step_answers();

// The session's next step is this one. Bytes that came before belong to the one before.
void begin_step_answer(std::uint32_t session, std::uint32_t step);
// Has it begun already?
bool is_at_step(std::uint32_t session, std::uint32_t step);
void step_answered(std::uint32_t session, const char* bytes, std::size_t size);
// So many bytes more of the session lie unread where it ends.
void note_unread(std::uint32_t session, std::uint64_t bytes);
void note_step_undelivered(std::uint32_t step);
// There will be no more of the session's last answer.
void end_step_answer(std::uint32_t session);
void end_step_answers();

}  // namespace crashreel::player
