#include "tools/pipeline/tail_edge.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace crashreel {
namespace {

struct Session {
  bool has_opening = false;
  bool reached_tail = false;   // an input of it is there
  bool was_answered = false;   // since its newest input
  std::uint64_t last_seq = 0;  // of that, or of its opening
};

// Has this session lost what came before its first input in the tail? Its opening is always there
// where the ring still had it; its head has the rest, if heads were kept and none ended early.
bool may_have_lost(const Session& session, const Reel& reel) {
  const Keeping& keeping = reel.keeping;
  const bool heads_are_whole = keeping.known && keeping.heads != 0 && keeping.heads_full == 0 &&
                               keeping.heads_gapped == 0 && keeping.heads_refused == 0;
  if (!session.has_opening) return true;
  return !heads_are_whole && session.last_seq + 1 < reel.loss.first_kept_seq;
}

std::vector<const Input*> unanswered_first_inputs(const Reel& reel) {
  std::vector<const Input*> first;
  std::unordered_map<std::uint32_t, Session> sessions;
  for (const Input& input : reel.inputs) {
    if (input.session == kNoSession) continue;
    Session& session = sessions[input.session];
    const bool in_tail = input.place == Place::kTail;
    if (input.kind == InputKind::kDigest) {
      session.was_answered = true;
      continue;
    }
    // One that begins in the tail has lost nothing.
    if (input.kind == InputKind::kOpen && in_tail) session.reached_tail = true;
    session.has_opening |= input.kind == InputKind::kOpen;
    if (input.kind == InputKind::kOpen) session.last_seq = input.seq;
    if (input.kind != InputKind::kData) continue;
    const bool is_first = in_tail && !session.reached_tail;
    if (is_first && !session.was_answered && may_have_lost(session, reel)) first.push_back(&input);
    session.last_seq = input.seq;
    session.reached_tail |= in_tail;
    session.was_answered = false;
  }
  return first;
}

bool has_digests(const Reel& reel) {
  return std::ranges::any_of(reel.inputs,
                             [](const Input& input) { return input.kind == InputKind::kDigest; });
}

}  // namespace

std::string tail_edge_hint(const Reel& reel) {
  if (reel.loss.reaches_start) return "";
  const std::vector<const Input*> first = unanswered_first_inputs(reel);
  if (first.empty()) return "";
  const bool one = first.size() == 1;
  return std::to_string(first.size()) + (one ? " session goes" : " sessions go") +
         " on behind inputs that are lost, the first is session " +
         std::to_string(first.front()->session) + " at input " +
         std::to_string(first.front()->seq) +
         (has_digests(reel) ? ", and had no answer in between"
                            : ", and nobody recorded whether it had an answer in between") +
         ": that input may be the rest of a message, which the program then takes for another one; "
         "record with a larger --ring (or --inputs, --age), or leave such a session out (crashreel "
         "show --jsonl, then import)";
}

}  // namespace crashreel
