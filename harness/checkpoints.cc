#include "harness/checkpoints.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace crashreel {
namespace {

// A copy that was never timed is taken to cost so much.
constexpr double kSomeCopySeconds = 0.010;
// The rule: a checkpoint has to save more than so many copies cost, for it costs one itself.
constexpr double kCopiesToSave = 2;
// Where programs refuse more often than they don't, there is an end; and where they need their
// threads nearly always, for what was resumed in vain costs little beside a whole run. What began
// in vain at the beginning costs nearly as much as the whole run.
constexpr std::uint32_t kMostRefused = 3;
constexpr std::uint32_t kMostMissed = 8;
constexpr std::uint32_t kMostMissedAtBeginning = 3;
// Each is a process, and what it wrote since its parent is its own.
constexpr std::size_t kMostHeld = 32;

// How many steps come before this input, and before the opening that was put in for it.
std::optional<std::size_t> steps_before(const Layout& layout, const Input* input,
                                        std::size_t from) {
  const auto found = std::find(layout.inputs.begin() + static_cast<std::ptrdiff_t>(from),
                               layout.inputs.end(), input);
  if (found == layout.inputs.end()) return std::nullopt;
  const auto steps = static_cast<std::size_t>(found - layout.inputs.begin());
  return steps > 0 && layout.inputs[steps - 1] == nullptr ? steps - 1 : steps;
}

}  // namespace

Checkpoints::Checkpoints(const Target& target, ForkServer& root)
    : target_(target), root_(root), most_bytes_(target.sandbox.limits.most_memory() / 2) {}

Result<Outcome> Checkpoints::run(const std::shared_ptr<const Layout>& layout,
                                 std::span<const Input* const> wanted, const TryOptions& options) {
  const std::size_t dropped = std::erase_if(held_, [&](const Checkpoint& held) {
    return std::find(wanted.begin(), wanted.end(), held.before) == wanted.end();
  });
  if (dropped > 0) is_crowded_ = false;
  if (std::exchange(has_new_, false)) fit_into_memory();
  ForkServer& from = longest(*layout);
  if (&from == &root_) return run_from(root_, layout, wanted, options);
  const bool from_beginning = beginning_ && &from == &*beginning_;
  ++(from_beginning ? of_beginning_ : of_held_).resumed;
  auto outcome = run_from(from, layout, wanted, options);
  if (outcome && outcome->ending != Ending::kThreadMissed) return outcome;
  note_missed(from_beginning);
  return run_from(root_, layout, wanted, options);
}

void Checkpoints::note_missed(bool from_beginning) {
  Record& record = from_beginning ? of_beginning_ : of_held_;
  ++record.missed;
  if (from_beginning) {
    if (record.missed >= kMostMissedAtBeginning && 4 * record.missed > record.resumed) {
      beginning_.reset();
    }
  } else if (record.missed >= kMostMissed && 4 * record.missed > 3 * record.resumed) {
    obstacle_ = "its copies need threads that are not copied";
    held_.clear();
  }
}

Result<Outcome> Checkpoints::run_from(ForkServer& from, const std::shared_ptr<const Layout>& layout,
                                      std::span<const Input* const> wanted,
                                      const TryOptions& options) {
  const std::size_t behind = from.steps();
  const std::vector<Wanted> chosen = on_the_way(from, *layout, wanted);
  Held held;
  for (const Wanted& one : chosen) held.before.push_back(one.steps);
  auto outcome = run_try(from, target_, *layout, options, &held);
  if (!outcome) return outcome;
  outcome->resumed = static_cast<std::uint32_t>(behind);
  const bool whole =
      outcome->ending != Ending::kThreadMissed && outcome->ending != Ending::kGivenUp;
  if (!whole) return outcome;
  learn(*outcome, outcome->performed - behind, held.servers.size());
  wants_beginning_ = false;
  keep(held, chosen, layout);
  return outcome;
}

void Checkpoints::keep(Held& held, const std::vector<Wanted>& wanted,
                       const std::shared_ptr<const Layout>& layout) {
  if (!held.refusal.empty()) note_refusal(held.refusal);
  for (const Wanted& one : wanted) {
    const auto server = held.servers.find(one.steps);
    if (server == held.servers.end()) continue;
    if (one.before == nullptr) {
      beginning_.emplace(std::move(server->second));
      continue;
    }
    ++taken_;
    has_new_ = true;
    std::erase_if(held_, [&](const Checkpoint& old) { return old.before == one.before; });
    const auto place = std::upper_bound(
        held_.begin(), held_.end(), one.steps,
        [](std::size_t steps, const Checkpoint& old) { return steps < old.server.steps(); });
    held_.insert(place, {one.before, layout, std::move(server->second)});
  }
}

ForkServer& Checkpoints::longest(const Layout& layout) {
  for (auto held = held_.rbegin(); held != held_.rend(); ++held) {
    if (fits(*held, layout)) return held->server;
  }
  return beginning_ ? *beginning_ : root_;
}

std::vector<Checkpoints::Wanted> Checkpoints::on_the_way(
    const ForkServer& from, const Layout& layout, std::span<const Input* const> wanted) const {
  std::vector<Wanted> chosen;
  if (wants_beginning_) chosen.push_back({nullptr, 0});
  if (!obstacle_.empty() || is_crowded_) return chosen;
  std::size_t last = from.steps();
  std::size_t looked = 0;
  for (const Input* input : wanted) {
    const auto steps = steps_before(layout, input, looked);
    if (!steps) continue;
    looked = *steps;
    const bool is_held = std::any_of(held_.begin(), held_.end(), [&](const Checkpoint& held) {
      return held.before == input && fits(held, layout);
    });
    if (*steps <= last || is_held || !pays(*steps - last)) continue;
    if (chosen.size() == kMostHeld) break;
    chosen.push_back({input, *steps});
    last = *steps;
  }
  return chosen;
}

bool Checkpoints::fits(const Checkpoint& held, const Layout& layout) {
  const std::size_t steps = held.server.steps();
  return steps <= layout.steps.size() && steps_in_common(*held.layout, layout) >= steps;
}

void Checkpoints::fit_into_memory() {
  std::vector<std::uint64_t> bytes;
  std::uint64_t all = 0;
  for (const Checkpoint& held : held_) {
    bytes.push_back(held.server.bytes());
    all += bytes.back();
  }
  while (all > most_bytes_ && !held_.empty()) {
    // What it saves are the steps since the one before it.
    std::size_t least = 0;
    std::size_t least_saved = SIZE_MAX;
    for (std::size_t i = 0, before = root_.steps(); i < held_.size(); ++i) {
      const std::size_t steps = held_[i].server.steps();
      if (steps - before < least_saved) {
        least_saved = steps - before;
        least = i;
      }
      before = steps;
    }
    // The others take over its share of what they had in common; that is seen the next time.
    all -= std::min(all, bytes[least]);
    bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(least));
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(least));
    is_crowded_ = true;
  }
}

void Checkpoints::note_refusal(const std::string& why) {
  ++refused_;
  if (refused_ >= kMostRefused && refused_ > taken_) obstacle_ = why;
}

bool Checkpoints::pays(std::size_t steps) const {
  const double copy = copy_seconds_ > 0 ? copy_seconds_ : kSomeCopySeconds;
  return static_cast<double>(steps) * step_seconds_ > kCopiesToSave * copy;
}

// `left` checkpoints were left on the way, each by a fork.
void Checkpoints::learn(const Outcome& outcome, std::size_t performed, std::size_t left) {
  if (performed == 0) return;
  const auto count = static_cast<double>(performed);
  const double most = outcome.seconds / count;
  if (step_seconds_ == 0 || most < step_seconds_) step_seconds_ = most;
  const double copy = outcome.seconds - count * step_seconds_;
  if (left == 0 && copy > outcome.seconds / 2 && (copy_seconds_ == 0 || copy < copy_seconds_)) {
    copy_seconds_ = copy;
  }
}

}  // namespace crashreel
