// What has the program answered in each session since that session's last input?
//
// The digests that are not in the ring yet. One is written, as a record of its session, right
// before the session's next input, or when it is told that the session is over. What a dying
// program had answered to each session's last input is lost with it.
//
// A client may have the answer, and have sent its next input, which another thread reads, before
// the thread that answered is back from its system call. So an answer is begun before the call and
// ended after it: whoever takes in an input meanwhile leaves the digest to the thread that answers,
// and this one writes it with the time at which it began, which lies before the input's. An answer
// belongs to the last input before it began.
//
// Inside the library, and for the recorder, which sees what is sent without having it (sendfile).
// All functions may be called from signal handlers, never wait, and leave errno alone.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "capture/runtime/output_digest.h"
#include "capture/runtime/ring.h"

namespace crashreel::ring {

// Keeps this many sessions apart; one whose number differs by a multiple of it pushes the digest of
// the other one into the ring early.
inline constexpr std::size_t kAnswerPlaces = 16384;

struct Answer;
extern Answer* g_answers;  // null until the first answer

// An answer that is on its way. One that is never ended, because a signal handler or the end of its
// thread left the system call, costs the session's digest up to its next input and nothing else.
struct Sending {
  Answer* place;           // null: nothing is noted of it, and of the rest nothing is said
  std::uint64_t stamp;     // when it began
  std::uint32_t owner;     // session + 1
  std::uint32_t meetings;  // at that place, when it began
  bool is_muddled;
  bool has_before;
  alignas(OutputDigest) unsigned char before[sizeof(OutputDigest)];  // only if has_before
};

// Before the bytes go. Another answer in the same session before this one has ended, and without an
// input in between, makes the order of the bytes unknown: then there is no digest up to the next
// input. `sending` need not be anything yet.
void begin_answer(std::uint32_t session, Sending& sending);

// Behind it: what went, in order; bytes of size 0 where nothing did. Of parts it may be less than
// they hold; of messages it is what each says of itself; of the kernel's (sendfile) the count
// alone.
void end_answer(const Sending& sending, const void* bytes, std::size_t sent);
void end_answer(const Sending& sending, const iovec* parts, std::size_t count, std::size_t sent);
void end_answer(const Sending& sending, const mmsghdr* messages, std::size_t count);
void end_unseen_answer(const Sending& sending, std::size_t sent);

// Writes the session's digest, if it has one. `cycles`: as for record_now().
void write_answer(std::uint32_t session, std::uint64_t cycles = 0);

}  // namespace crashreel::ring
