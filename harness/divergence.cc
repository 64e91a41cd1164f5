#include "harness/divergence.h"

#include <algorithm>
#include <unordered_map>

#include "capture/runtime/output_digest.h"

namespace crashreel {
namespace {

// An answer is looked for behind so many further inputs of its session.
constexpr std::size_t kFarthestShift = 4;

bool is_answered(InputKind kind) {
  return kind == InputKind::kOpen || kind == InputKind::kData || kind == InputKind::kClose;
}

// Of heads and pins the answers are lost, and what came between them.
bool is_gapless(const Input& input) {
  return input.place == Place::kTail || input.place == Place::kPrelude;
}

const AnswerDigest kNothing = {.value = OutputDigest().value(), .bytes = 0};

// What is known of a session's last input while its answer is awaited.
struct Awaiting {
  const Input* to = nullptr;
  int digests = 0;
  AnswerDigest digest = kNothing;
  bool ended = false;  // another record of the session follows, so there is no more to come
};

class Recorded {
 public:
  void take_in(const Input& input) {
    if (!is_gapless(input)) return void(sessions_.erase(input.session));
    if (input.kind == InputKind::kDigest) return take_in_digest(input);
    if (!is_answered(input.kind)) return;
    const auto known = sessions_.find(input.session);
    if (known != sessions_.end() && known->second.to->place == input.place) {
      known->second.ended = true;
      write(known->second);
    }
    sessions_[input.session] = {.to = &input};
  }

  std::vector<RecordedAnswer> take() {
    for (const auto& [session, last] : sessions_) write(last);
    if (!digests_seen_) answers_.clear();
    std::ranges::sort(answers_, {}, [](const RecordedAnswer& answer) { return answer.to->seq; });
    return std::move(answers_);
  }

 private:
  void take_in_digest(const Input& input) {
    digests_seen_ = true;
    const auto known = sessions_.find(input.session);
    const auto digest = answer_digest_of(input.data);
    if (known == sessions_.end() || !digest || known->second.to->place != input.place) return;
    ++known->second.digests;
    known->second.digest = *digest;
  }

  // An answer in several digests can't be compared as one; that nothing was answered is only known
  // where something follows.
  void write(const Awaiting& last) {
    if (last.digests > 1 || (last.digests == 0 && !last.ended)) return;
    answers_.push_back({.to = last.to, .digest = last.digest, .is_digested = last.digests == 1});
  }

  std::unordered_map<std::uint32_t, Awaiting> sessions_;
  std::vector<RecordedAnswer> answers_;
  bool digests_seen_ = false;
};

enum class Finding { kSame, kVarying, kShifted, kUnseen, kUnknown, kOther, kIgnored };

using ByInput = std::unordered_map<const Input*, AnswerDigest>;

ByInput by_input(std::span<const ReplayedAnswer> answers) {
  ByInput map;
  for (const ReplayedAnswer& answer : answers) map.emplace(answer.to, answer.digest);
  return map;
}

bool went_unseen(const AnswerDigest& digest) {
  OutputDigest unseen;
  unseen.add_unseen(digest.bytes);
  return digest.bytes != 0 && unseen.value() == digest.value;
}

// The answers of one session in their order.
class SessionComparison {
 public:
  SessionComparison(const ByInput& replayed, const ByInput& again)
      : replayed_(replayed), again_(again) {}

  void add(const RecordedAnswer& answer, Finding& finding) {
    answers_.push_back(&answer);
    findings_.push_back(&finding);
  }

  void compare() {
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      *findings_[i] = look_at(*answers_[i]);
      if (*findings_[i] != Finding::kOther && *findings_[i] != Finding::kIgnored) continue;
      const std::size_t end = end_of_shift(i);
      for (; i < end; ++i) *findings_[i] = Finding::kShifted;
      if (end != 0) --i;
    }
  }

 private:
  Finding look_at(const RecordedAnswer& answer) const {
    const auto seen = replayed_.find(answer.to);
    if (seen == replayed_.end()) return Finding::kUnknown;
    if (seen->second == answer.digest) return Finding::kSame;
    const auto again = again_.find(answer.to);
    if (again != again_.end() && again->second != seen->second) return Finding::kVarying;
    if (!answer.is_digested) return Finding::kIgnored;
    const bool as_many = seen->second.bytes == answer.digest.bytes;
    return as_many && went_unseen(answer.digest) ? Finding::kUnseen : Finding::kOther;
  }

  // Behind the answers from this one on that have, together, as many bytes on both sides, although
  // this one has not; 0: there is no such place.
  std::size_t end_of_shift(std::size_t begin) const {
    std::uint64_t production = 0, replay = 0;
    const std::size_t farthest = std::min(answers_.size(), begin + kFarthestShift + 1);
    for (std::size_t i = begin; i < farthest; ++i) {
      const auto seen = replayed_.find(answers_[i]->to);
      if (seen == replayed_.end()) return 0;
      production += answers_[i]->digest.bytes;
      replay += seen->second.bytes;
      if (i == begin && production == replay) return 0;
      if (production == replay) return i + 1;
    }
    return 0;
  }

  const ByInput& replayed_;
  const ByInput& again_;
  std::vector<const RecordedAnswer*> answers_;
  std::vector<Finding*> findings_;
};

void count(Finding finding, AnswerComparison& comparison) {
  switch (finding) {
    case Finding::kSame:
      ++comparison.same;
      break;
    case Finding::kVarying:
      ++comparison.varying;
      break;
    case Finding::kShifted:
      ++comparison.shifted;
      break;
    case Finding::kUnseen:
      ++comparison.unseen;
      break;
    case Finding::kUnknown:
      ++comparison.unknown;
      break;
    case Finding::kOther:
    case Finding::kIgnored:
      break;
  }
}

}  // namespace

std::vector<RecordedAnswer> recorded_answers(const Reel& reel) {
  Recorded recorded;
  for (const Input& input : reel.inputs) recorded.take_in(input);
  return recorded.take();
}

AnswerComparison compare_answers(std::span<const RecordedAnswer> recorded,
                                 std::span<const ReplayedAnswer> replayed,
                                 std::span<const ReplayedAnswer> again) {
  const ByInput first = by_input(replayed);
  const ByInput second = by_input(again);
  std::vector<Finding> findings(recorded.size(), Finding::kUnknown);
  std::unordered_map<std::uint32_t, SessionComparison> sessions;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    sessions.try_emplace(recorded[i].to->session, first, second)
        .first->second.add(recorded[i], findings[i]);
  }
  for (auto& [number, session] : sessions) session.compare();
  AnswerComparison comparison;
  for (const RecordedAnswer& answer : recorded) comparison.recorded += answer.is_digested ? 1 : 0;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (findings[i] == Finding::kOther) {
      comparison.first = Divergence{.at = recorded[i].to,
                                    .production = recorded[i].digest,
                                    .replay = first.at(recorded[i].to)};
      break;
    }
    if (recorded[i].is_digested) count(findings[i], comparison);
  }
  return comparison;
}

const Input* input_before(const Reel& reel, const Input& input) {
  const Input* before = nullptr;
  for (const Input& other : reel.inputs) {
    if (other.seq >= input.seq) break;
    if (counts_as_input(other.kind)) before = &other;
  }
  return before;
}

}  // namespace crashreel
