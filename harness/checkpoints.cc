#include "harness/checkpoints.h"

#include <algorithm>
#include <utility>

namespace crashreel {
namespace {

// A copy that was never timed is taken to cost so much.
constexpr double kSomeCopySeconds = 0.010;
// The rule: a checkpoint has to save more than so many copies cost, for it costs one itself.
constexpr double kCopiesToSave = 2;
// Where programs refuse, or need their threads, more often than they don't, there is an end.
constexpr std::uint32_t kMostRefused = 3;
constexpr std::uint32_t kMostMissed = 3;
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

std::optional<Outcome> Checkpoints::run(const std::shared_ptr<const Layout>& layout,
                                        std::span<const Input* const> wanted,
                                        const TryOptions& options) {
  std::erase_if(held_, [&](const Held& held) {
    return std::find(wanted.begin(), wanted.end(), held.before) == wanted.end();
  });
  const std::size_t resumed = longest(*layout).steps();
  if (obstacle_.empty()) hold_on_the_way(layout, wanted, options);
  ForkServer& server = longest(*layout);
  auto outcome = run_try(server, target_, *layout, options);
  if (!outcome) return std::nullopt;
  if (server.steps() > 0) ++resumed_;
  if (outcome->ending == Ending::kThreadMissed) {
    ++missed_;
    if (missed_ >= kMostMissed && 2 * missed_ > resumed_) {
      obstacle_ = "its copies need threads that are not copied";
      held_.clear();
    }
    return std::nullopt;
  }
  learn(*outcome, outcome->performed - server.steps());
  outcome->resumed = static_cast<std::uint32_t>(resumed);
  return std::move(*outcome);
}

ForkServer& Checkpoints::longest(const Layout& layout) {
  for (auto held = held_.rbegin(); held != held_.rend(); ++held) {
    const std::size_t steps = held->server.steps();
    if (steps <= layout.steps.size() && steps_in_common(*held->layout, layout) >= steps) {
      return held->server;
    }
  }
  return root_;
}

void Checkpoints::hold_on_the_way(const std::shared_ptr<const Layout>& layout,
                                  std::span<const Input* const> wanted, const TryOptions& options) {
  ForkServer* from = &longest(*layout);
  std::size_t looked = 0;
  for (const Input* input : wanted) {
    const auto steps = steps_before(*layout, input, looked);
    if (!steps) continue;
    looked = *steps;
    if (*steps <= from->steps() || !pays(*steps - from->steps())) continue;
    if (held_.size() == kMostHeld) return;
    auto server = from->hold(*layout, *steps, options.hang_ms);
    if (!server) note_refusal(server.error().message);
    if (!server || !*server) return;
    ++taken_;
    const auto place = std::upper_bound(
        held_.begin(), held_.end(), *steps,
        [](std::size_t more, const Held& held) { return more < held.server.steps(); });
    from = &held_.insert(place, {input, layout, std::move(**server)})->server;
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

void Checkpoints::learn(const Outcome& outcome, std::size_t performed) {
  if (performed == 0) return;
  const auto count = static_cast<double>(performed);
  const double most = outcome.seconds / count;
  if (step_seconds_ == 0 || most < step_seconds_) step_seconds_ = most;
  const double copy = outcome.seconds - count * step_seconds_;
  if (copy > outcome.seconds / 2 && (copy_seconds_ == 0 || copy < copy_seconds_)) {
    copy_seconds_ = copy;
  }
}

}  // namespace crashreel
