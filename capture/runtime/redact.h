// What does this process keep out of its ring?
//
// The rules and the application's hook, prepared once before the first record, and what the
// sessions' openings said. Where there are none, no record comes here. What finds its way into the
// ring is copied by redact_bytes.h, after this has said which bytes are secret. Safe in signal
// handlers once prepared; after fork, parent and children share what they know of sessions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/crashreel.h"
#include "capture/runtime/redact_bytes.h"

namespace crashreel::redact {

struct Plan {
  const char* rules = nullptr;  // null or empty: none
  const char* key = nullptr;    // a passphrase; null or empty: random, and never told
  crashreel_redact_hook hook = nullptr;
  void* context = nullptr;
};

// 0, or EINVAL where the rules can't be read, or what prevented us from having a key or memory.
// Without rules and hook nothing is prepared. A later call starts again.
int prepare(const Plan& plan);

bool is_active();

// Which bytes of this input are secret? Called for each, and learns of sessions from openings.
void judge_input(std::uint32_t kind, std::uint32_t session, const unsigned char* bytes,
                 std::size_t size, Ranges& ranges);

// The same for a text or file among the facts, which the hook does not see. What a rule drops is
// masked here, for an argument must stay one.
void judge_fact(const unsigned char* bytes, std::size_t size, Ranges& ranges);

// To go with Ranges of these.
const Key& key();

// "1 mask:after\n2 drop:session\n", and "0 hook" where there is one: the fact kRedaction. Returns
// the length.
inline constexpr std::size_t kMostRulesText = (kMostRules + 1) * (kMostRuleName + 4);
std::size_t rules_text(char (&text)[kMostRulesText]);

// "redaction rule 2, column 6: write literal:, ...". Returns the length, at most capacity - 1; ends
// with a zero.
std::size_t complaint_text(const Complaint& complaint, char* text, std::size_t capacity);

}  // namespace crashreel::redact
