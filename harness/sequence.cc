#include "harness/sequence.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "harness/opening.h"
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

// Another one for each input near it, and never 0.
std::uint32_t key_of(const Input& input) {
  const auto low = static_cast<std::uint32_t>(input.seq + 1);
  return low != 0 ? low : 1;
}

// As the recorder writes down signals and errors; 0: it is none.
int number_in(const Input& input) {
  const char* const end = input.data.data() + input.data.size();
  int number = 0;
  const auto parsed = std::from_chars(input.data.data(), end, number);
  return parsed.ec == std::errc() ? number : 0;
}

// With these errors the program learned that the other side is gone for good. Others told that it
// was never there.
bool is_reset(int error) {
  return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ECONNABORTED;
}

class Writer {
 public:
  Writer(const Reel& reel, const Sequence& sequence, const ScriptOptions& options)
      : reel_(reel),
        sequence_(sequence),
        varied_(options.varied),
        from_outside_(options.from_outside) {}

  void lay_out() {
    if (sequence_.empty()) return;
    const std::uint64_t first_ns = sequence_.front()->time_ns;
    start_ns_ = first_ns - std::min(first_ns, kLeadNs);
    late_ns_ = kLeadNs - std::min(first_ns, kLeadNs);
    const std::unordered_set<std::uint32_t> unserved = unserved_sessions(sequence_, from_outside_);
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
  // Where production was faster to have its first input: by so much all comes later.
  std::uint64_t late_ns() const { return late_ns_; }
  bool has_tls() const { return has_tls_; }
  std::uint64_t last_ns() const { return steps.empty() ? kLeadNs : steps.back().time_ns; }

 private:
  void add(const Input& input) {
    switch (input.kind) {
      case InputKind::kOpen:
        has_tls_ = has_tls_ || read_opening(input.data).has_tls;
        if (sessions_.find(input.session) == sessions_.end()) open(input, &input);
        break;
      case InputKind::kData:
        add_data(input);
        break;
      case InputKind::kClose:
        if (sessions_.contains(input.session)) add_close(input);
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

  void add_close(const Input& input) {
    push(input, &input, StepKind::kClose, sessions_[input.session]);
    steps.back().payload_size = is_reset(number_in(input)) ? 1 : 0;
  }

  void add_signal(const Input& input) {
    const int number = number_in(input);
    if (number <= 0 || number > SIGRTMAX) return;
    push(input, &input, StepKind::kSignal, 0);
    steps.back().payload_size = static_cast<std::uint32_t>(number);
  }

  void open(const Input& input, const Input* opening) {
    const auto number = static_cast<std::uint32_t>(sessions_.size()) + one_more_;
    sessions_[input.session] = number;
    push(input, opening, StepKind::kOpen, number);
    if (opening == nullptr) return;
    const Opening said = read_opening(opening->data);
    steps.back().place = said.place();
    steps.back().way = said.way();
  }

  // Its number is nobody else's: the reel's own are given from 1 on then.
  void open_another(const Input& input) {
    if (input.kind == InputKind::kSignal) return;
    const bool is_open = input.kind == InputKind::kOpen;
    const Opening said = read_opening(is_open ? std::string_view(input.data) : std::string_view());
    push(input, nullptr, StepKind::kOpen, 0);
    if (said.way() == Way::kCalls) steps.back().place = said.place();
    one_more_ = 1;
  }

  void push(const Input& input, const Input* origin, StepKind kind, std::uint32_t session) {
    Step step = {};
    step.time_ns =
        std::max(last_ns(), input.time_ns - std::min(input.time_ns, start_ns_) + late_ns_);
    step.session = session;
    step.kind = kind;
    step.key = origin != nullptr ? key_of(*origin) : 0;
    const bool after_gap = is_after_loss(input) || step.time_ns - last_ns() > kLongestGapNs;
    step.after_gap = after_gap ? 1 : 0;
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
  bool from_outside_;
  bool has_tls_ = false;
  std::uint32_t one_more_ = 0;
  std::unordered_map<std::uint32_t, std::uint32_t> sessions_;  // the reel's number to ours
  std::uint64_t start_ns_ = 0;
  std::uint64_t late_ns_ = 0;
  std::uint64_t last_seq_ = 0;
};

// Of a program that is fed on its standard input nobody knows which input it has in hand: what the
// kept inputs drew comes one after the other.
std::vector<DrawnBytes> drawn_in(const DrawnByInput& by_input, const Sequence& sequence,
                                 const Layout& layout) {
  std::vector<DrawnBytes> drawn;
  if (by_input.empty()) return drawn;
  const auto add = [&](std::uint64_t seq, std::size_t after) {
    const auto found = by_input.find(seq);
    if (found == by_input.end()) return;
    if (drawn.empty() || drawn.back().after != after) drawn.push_back({.after = after});
    drawn.back().bytes += found->second;
  };
  add(kBeforeInputs, 0);
  if (layout.kind == TargetKind::kStdin) {
    for (const Input* input : sequence) add(input->seq, 0);
  }
  for (std::size_t i = 0; i < layout.inputs.size(); ++i) {
    if (layout.inputs[i] != nullptr) add(layout.inputs[i]->seq, i + 1);
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
  Writer writer(reel, sequence, options);
  if (kind == TargetKind::kServer) writer.lay_out();
  if (kind == TargetKind::kFunction) writer.lay_out_calls();
  Layout layout;
  layout.kind = kind;
  const std::uint64_t day = reel.program.start_realtime_ns;
  layout.keeps_answers = options.keeps_answers;
  layout.keeps_bytes = options.keeps_answers && options.keeps_bytes;
  layout.start_realtime_ns =
      (day == 0 ? kSomeDayNs : day + writer.start_ns() - std::min(day, writer.late_ns())) +
      (options.varied ? kOtherDateNs : 0);
  const std::uint64_t crash_ns = reel.crash.time_ns;
  const std::uint64_t end_ns = crash_ns - std::min(crash_ns, writer.start_ns()) + writer.late_ns();
  const std::uint64_t last_ns = writer.last_ns();
  layout.end_time_ns = std::clamp(end_ns, last_ns + kTrailNs, last_ns + kLongestGapNs);
  layout.has_tls = writer.has_tls();
  layout.through_kernel = options.through_kernel;
  layout.lets_speak = options.lets_speak;
  layout.steps = std::move(writer.steps);
  layout.inputs = std::move(writer.inputs);
  layout.drawn =
      drawn_in(options.drawn != nullptr ? *options.drawn : drawn_by_input(reel), sequence, layout);
  layout.random_seed = options.random_seed + (options.varied ? 1 : 0);
  return layout;
}

std::size_t steps_in_common(const Layout& one, const Layout& other) {
  if (one.start_realtime_ns != other.start_realtime_ns || one.random_seed != other.random_seed ||
      one.has_tls != other.has_tls) {
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

}  // namespace crashreel
