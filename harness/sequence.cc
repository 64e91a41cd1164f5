#include "harness/sequence.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <span>
#include <unordered_map>

#include "harness/served.h"

namespace crashreel {
namespace {

// The program has this much virtual time to itself before the first input.
constexpr std::uint64_t kLeadNs = 100'000'000;
// Programs with short timers take seconds to idle through a day. Longer gaps are jumped over: they
// are rare, and a hostile reel may say a thousand years.
constexpr std::uint64_t kLongestGapNs = 24ull * 3600 * 1'000'000'000;
// After the last input it has so much, for what it does a little later on its own account.
constexpr std::uint64_t kTrailNs = 1'000'000'000;
// A varied script's date is later by a day, an hour, a minute, a second, and some fractions.
constexpr std::uint64_t kOtherDateNs =
    (((24 + 1) * 60 + 1) * 60 + 1) * 1'000'000'000ull + 1'001'001;
// What the wall clock shows where the reel does not know: a fixed date, so that runs agree.
constexpr std::uint64_t kSomeDayNs = 1'700'000'000ull * 1'000'000'000ull;

// The port in "tcp inbound 127.0.0.1:6379 ...": which listener was called. 0: not said.
std::uint32_t local_port(std::string_view opening) {
  for (int word = 0; word < 2; ++word) {
    const std::size_t space = opening.find(' ');
    if (space == std::string_view::npos) return 0;
    opening.remove_prefix(space + 1);
  }
  const std::string_view local = opening.substr(0, opening.find(' '));
  const std::size_t colon = local.rfind(':');
  std::uint32_t port = 0;
  if (colon == std::string_view::npos) return 0;
  const std::string_view digits = local.substr(colon + 1);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return parsed.ec == std::errc() && port <= 65535 ? port : 0;
}

// Another one for each input near it, and never 0.
std::uint32_t key_of(const Input& input) {
  const auto low = static_cast<std::uint32_t>(input.seq + 1);
  return low != 0 ? low : 1;
}

// Of the player's steps data alone brings bytes.
bool brings_bytes(const Layout& layout, const Step& step) {
  return step.kind == StepKind::kData || layout.kind == TargetKind::kFunction;
}

std::size_t aligned(std::size_t offset) {
  return (offset + alignof(StepAnswer) - 1) / alignof(StepAnswer) * alignof(StepAnswer);
}

class Writer {
 public:
  Writer(const Reel& reel, const Sequence& sequence, bool varied)
      : reel_(reel), sequence_(sequence), varied_(varied) {}

  void lay_out() {
    if (sequence_.empty()) return;
    const std::uint64_t first_ns = sequence_.front()->time_ns;
    start_ns_ = first_ns - std::min(first_ns, kLeadNs);
    const std::unordered_set<std::uint32_t> unserved = unserved_sessions(sequence_);
    for (const Input* input : sequence_) {
      if (unserved.contains(input->session)) continue;
      if (steps.empty() && varied_) open_another(*input);
      add(*input);
    }
  }

  // As a seed's inputs come to a fuzz target (corpus/SEED.md): the same sessions and gaps.
  void lay_out_calls() {
    if (sequence_.empty()) return;
    start_ns_ = sequence_.front()->time_ns;
    std::uint64_t last_ns = 0;
    for (const Input* input : sequence_) {
      if (input->kind == InputKind::kMasked || input->kind == InputKind::kDigest) continue;
      Step step = {};
      last_ns = std::max(last_ns, input->time_ns - std::min(input->time_ns, start_ns_));
      step.time_ns = last_ns;
      step.kind = static_cast<StepKind>(input->kind);
      step.session = kNoSession;
      const auto next = static_cast<std::uint32_t>(sessions_.size());
      if (input->session != kNoSession)
        step.session = sessions_.try_emplace(input->session, next).first->second;
      step.payload_size = static_cast<std::uint32_t>(input->data.size());
      steps.push_back(step);
      inputs.push_back(input);
    }
  }

  std::vector<Step> steps;
  std::vector<const Input*> inputs;  // of each step
  std::uint64_t start_ns() const { return start_ns_; }
  std::uint64_t last_ns() const { return steps.empty() ? kLeadNs : steps.back().time_ns; }

 private:
  void add(const Input& input) {
    switch (input.kind) {
      case InputKind::kOpen:
        if (sessions_.find(input.session) == sessions_.end()) open(input, &input);
        break;
      case InputKind::kData:
        add_data(input);
        break;
      case InputKind::kClose:
        if (sessions_.contains(input.session)) {
          push(input, &input, StepKind::kClose, sessions_[input.session]);
        }
        break;
      case InputKind::kSignal:
        add_signal(input);
        break;
      case InputKind::kClock:
      case InputKind::kRandom:
      case InputKind::kNote:
      case InputKind::kMasked:
      case InputKind::kDigest:
        break;  // nothing that is done to the program
    }
  }

  void add_data(const Input& input) {
    if (!sessions_.contains(input.session)) open(input, nullptr);
    push(input, &input, StepKind::kData, sessions_[input.session]);
    steps.back().payload_size = static_cast<std::uint32_t>(input.data.size());
  }

  void add_signal(const Input& input) {
    const char* const end = input.data.data() + input.data.size();
    int number = 0;
    const auto parsed = std::from_chars(input.data.data(), end, number);
    if (parsed.ec != std::errc() || number <= 0 || number > SIGRTMAX) return;
    push(input, &input, StepKind::kSignal, 0);
    steps.back().payload_size = static_cast<std::uint32_t>(number);
  }

  void open(const Input& input, const Input* opening) {
    const auto number = static_cast<std::uint32_t>(sessions_.size()) + one_more_;
    sessions_[input.session] = number;
    push(input, opening, StepKind::kOpen, number);
    if (opening != nullptr) steps.back().port = local_port(opening->data);
  }

  // Its number is nobody else's: the reel's own are given from 1 on then.
  void open_another(const Input& input) {
    if (input.kind == InputKind::kSignal) return;
    push(input, nullptr, StepKind::kOpen, 0);
    if (input.kind == InputKind::kOpen) steps.back().port = local_port(input.data);
    one_more_ = 1;
  }

  void push(const Input& input, const Input* origin, StepKind kind, std::uint32_t session) {
    Step step = {};
    step.time_ns = std::max(last_ns(), input.time_ns - std::min(input.time_ns, start_ns_));
    step.session = session;
    step.kind = kind;
    step.key = origin != nullptr ? key_of(*origin) : 0;
    step.after_gap = is_after_loss(input) || step.time_ns - last_ns() > kLongestGapNs;
    last_seq_ = input.seq;
    steps.push_back(step);
    inputs.push_back(origin);
  }

  // Heads and pinned inputs are what is left of a time of which the rest is lost, and how much was
  // lost between two of them is not known.
  bool is_after_loss(const Input& input) const {
    if (reel_.loss.reaches_start) return false;
    if (input.place == Place::kHead || input.place == Place::kPinned) return true;
    const std::uint64_t first_kept = reel_.loss.first_kept_seq;
    return input.seq >= first_kept && last_seq_ < first_kept;
  }

  const Reel& reel_;
  const Sequence& sequence_;
  bool varied_;
  std::uint32_t one_more_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> sessions_;  // the reel's number to ours
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_seq_ = 0;
};

// Of a program that is fed on its standard input nobody knows which input it has in hand: what the
// kept inputs drew comes one after the other.
std::vector<DrawnBytes> drawn_in(const DrawnByInput& by_input, const Sequence& sequence,
                                 const Layout& layout) {
  std::vector<DrawnBytes> drawn;
  if (by_input.empty()) return drawn;
  const auto add = [&](const Input* input, std::size_t after) {
    const auto found = by_input.find(input);
    if (found == by_input.end()) return;
    if (drawn.empty() || drawn.back().after != after) drawn.push_back({.after = after});
    drawn.back().bytes += found->second;
  };
  add(nullptr, 0);
  if (layout.kind == TargetKind::kStdin) {
    for (const Input* input : sequence) add(input, 0);
  }
  for (std::size_t i = 0; i < layout.inputs.size(); ++i) {
    if (layout.inputs[i] != nullptr) add(layout.inputs[i], i + 1);
  }
  return drawn;
}

}  // namespace

Sequence whole_sequence(const Reel& reel) {
  Sequence sequence;
  sequence.reserve(reel.inputs.size());
  for (const Input& input : reel.inputs) sequence.push_back(&input);
  return sequence;
}

Layout lay_out(const Reel& reel, const Sequence& sequence, TargetKind kind,
               const ScriptOptions& options) {
  Writer writer(reel, sequence, options.varied);
  if (kind == TargetKind::kServer) writer.lay_out();
  if (kind == TargetKind::kFunction) writer.lay_out_calls();
  Layout layout;
  layout.kind = kind;
  const std::uint64_t day = reel.program.start_realtime_ns;
  layout.keeps_answers = options.keeps_answers;
  layout.start_realtime_ns =
      (day == 0 ? kSomeDayNs : day + writer.start_ns()) + (options.varied ? kOtherDateNs : 0);
  const std::uint64_t crash_ns = reel.crash.time_ns;
  const std::uint64_t end_ns = crash_ns - std::min(crash_ns, writer.start_ns());
  const std::uint64_t last_ns = writer.last_ns();
  layout.end_time_ns = std::clamp(end_ns, last_ns + kTrailNs, last_ns + kLongestGapNs);
  layout.steps = std::move(writer.steps);
  layout.inputs = std::move(writer.inputs);
  layout.drawn =
      drawn_in(options.drawn != nullptr ? *options.drawn : drawn_by_input(reel), sequence, layout);
  layout.random_seed = options.random_seed + (options.varied ? 1 : 0);
  return layout;
}

std::size_t steps_in_common(const Layout& one, const Layout& other) {
  if (one.start_realtime_ns != other.start_realtime_ns || one.random_seed != other.random_seed) {
    return 0;
  }
  const std::size_t most = std::min(one.steps.size(), other.steps.size());
  std::size_t count = 0;
  while (count < most && one.inputs[count] == other.inputs[count] &&
         std::memcmp(&one.steps[count], &other.steps[count], sizeof(Step)) == 0) {
    ++count;
  }
  return count;
}

namespace {

// Those that are drawn in this part; the last step before it may still be at it.
std::vector<const DrawnBytes*> drawn_from(const Layout& layout, std::size_t from) {
  std::vector<const DrawnBytes*> drawn;
  for (const DrawnBytes& bytes : layout.drawn) {
    if (bytes.after >= from) drawn.push_back(&bytes);
  }
  return drawn;
}

}  // namespace

Result<Script> Script::write(const Layout& layout, const ScriptPart& part) {
  const std::span<const Step> steps = std::span(layout.steps).subspan(part.from);
  const std::size_t marks_at = sizeof(ScriptHeader) + steps.size_bytes();
  const std::size_t payload_at = marks_at + part.marks.size() * sizeof(std::uint32_t);
  std::size_t payload_end = payload_at;
  for (const Step& step : steps) {
    if (brings_bytes(layout, step)) payload_end += step.payload_size;
  }
  const std::vector<const DrawnBytes*> drawn = drawn_from(layout, part.from);
  const std::size_t random_at = aligned(payload_end);
  const std::size_t drawn_at = random_at + drawn.size() * sizeof(StepRandom);
  std::size_t drawn_end = drawn_at;
  for (const DrawnBytes* bytes : drawn) drawn_end += bytes->bytes.size();
  const std::size_t answers_at = aligned(drawn_end);
  const std::size_t answers = layout.keeps_answers ? steps.size() : 0;
  auto memory = SharedMemory::create(answers_at + answers * sizeof(StepAnswer));
  if (!memory) return memory.error();

  auto* header = new (memory->bytes()) ScriptHeader;
  header->magic = kScriptMagic;
  header->version = kScriptVersion;
  header->step_count = static_cast<std::uint32_t>(steps.size());
  header->steps_offset = sizeof(ScriptHeader);
  header->size = memory->size();
  header->start_realtime_ns = layout.start_realtime_ns;
  header->end_time_ns = layout.end_time_ns;
  header->stop.before = kStopsNowhere;
  header->feeds = layout.kind == TargetKind::kServer ? 1 : 0;
  header->answers_offset = answers != 0 ? answers_at : 0;
  header->mark_count = static_cast<std::uint32_t>(part.marks.size());
  header->marks_offset = marks_at;
  header->answer_bytes = part.answer_bytes;
  header->answer_digest = part.answer_digest;
  header->random_offset = random_at;
  header->random_count = static_cast<std::uint32_t>(drawn.size());
  header->first_key = part.from == 0 ? 0 : layout.steps[part.from - 1].key;
  header->random_seed = layout.random_seed;
  auto* random = reinterpret_cast<StepRandom*>(memory->bytes() + random_at);
  for (std::size_t to = drawn_at; const DrawnBytes* bytes : drawn) {
    *random++ = {.after = static_cast<std::uint32_t>(bytes->after - part.from),
                 .unused = 0,
                 .offset = to,
                 .size = bytes->bytes.size()};
    std::memcpy(memory->bytes() + to, bytes->bytes.data(), bytes->bytes.size());
    to += bytes->bytes.size();
  }
  auto* marks = reinterpret_cast<std::uint32_t*>(memory->bytes() + marks_at);
  for (const std::size_t mark : part.marks) *marks++ = static_cast<std::uint32_t>(mark - part.from);
  std::size_t at = payload_at;
  auto* placed = reinterpret_cast<Step*>(memory->bytes() + sizeof(ScriptHeader));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    placed[i] = steps[i];
    if (!brings_bytes(layout, steps[i])) continue;
    placed[i].payload_offset = at;
    std::memcpy(memory->bytes() + at, layout.inputs[part.from + i]->data.data(),
                steps[i].payload_size);
    at += steps[i].payload_size;
  }
  const auto* first_answer = reinterpret_cast<const StepAnswer*>(memory->bytes() + answers_at);
  return Script(std::move(*memory), static_cast<std::uint32_t>(steps.size()),
                answers != 0 ? first_answer : nullptr);
}

std::optional<AnswerDigest> Script::answer_to(std::uint32_t step) const {
  if (answers_ == nullptr || answers_[step].is_whole.load(std::memory_order_acquire) == 0) {
    return std::nullopt;
  }
  return AnswerDigest{.value = answers_[step].digest, .bytes = answers_[step].bytes};
}

std::uint64_t Script::unread_at(std::uint32_t step) const {
  return answers_ == nullptr ? 0 : answers_[step].unread;
}

}  // namespace crashreel
