#include "tools/pipeline/debuggee.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "harness/try.h"

namespace crashreel {
namespace {

// Each is a process. What lies between two of them is replayed when one goes back.
constexpr std::size_t kMostStandpoints = 32;
// Fewer steps than these are replayed sooner than a copy is made.
constexpr std::size_t kWorthACheckpoint = 500;
constexpr std::uint32_t kHangMs = TryOptions{}.hang_ms;

}  // namespace

Debuggee::Debuggee(const Target& target, const Reel& reel)
    : target_(target), whole_(whole_sequence(reel)), layout_(lay_out(reel, whole_, target.kind)) {
  number_steps();
}

void Debuggee::number_steps() {
  brought_by_ = layout_.inputs;
  for (const Input* input : whole_) {
    if (counts_as_input(input->kind)) inputs_.push_back(input);
    const bool is_fed = input->kind == InputKind::kData && !input->data.empty();
    if (target_.kind == TargetKind::kStdin && is_fed) brought_by_.push_back(input);
  }
  std::unordered_map<const Input*, std::size_t> steps;
  for (std::size_t i = 0; i < brought_by_.size(); ++i) {
    const bool has_opening = i > 0 && brought_by_[i - 1] == nullptr;
    if (brought_by_[i] != nullptr) steps.emplace(brought_by_[i], has_opening ? i - 1 : i);
  }
  first_step_.assign(inputs_.size() + 1, brought_by_.size());
  for (std::size_t i = inputs_.size(); i-- > 0;) {
    const auto step = steps.find(inputs_[i]);
    first_step_[i] = step != steps.end() ? step->second : first_step_[i + 1];
  }
}

bool Debuggee::is_brought(std::uint64_t number) const {
  return first_step_[number - 1] != first_step_[number];
}

std::uint64_t Debuggee::at() const {
  return number_at(instance_->steps());
}

std::uint64_t Debuggee::number_at(std::size_t steps) const {
  const auto found = std::upper_bound(first_step_.begin(), first_step_.end(), steps);
  const auto after = static_cast<std::uint64_t>(found - first_step_.begin());
  return std::max<std::uint64_t>(after, 1);
}

bool Debuggee::is_between() const {
  return first_step_[at() - 1] != instance_->steps();
}

void Debuggee::go_on_until(std::uint64_t number) {
  instance_->go_on_until(first_step_[number - 1]);
}

Result<DebuggedPlace> Debuggee::go_to(std::uint64_t number, bool fresh) {
  const auto start = std::chrono::steady_clock::now();
  instance_.reset();
  StandingOrder order = {.before = first_step_[number - 1], .hang_ms = kHangMs};
  std::size_t resumed = 0;
  failed_in_ = 0;
  if (const auto stood = stand(order, fresh, resumed); !stood) {
    if (order.came_to > 0) failed_in_ = number_at(order.came_to) - 1;
    return stood.error();
  }
  DebuggedPlace place;
  place.input = at();
  if (resumed > 0) {
    const auto before = std::lower_bound(first_step_.begin(), first_step_.end(), resumed);
    place.resumed = static_cast<std::uint64_t>(before - first_step_.begin()) + 1;
  }
  place.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return place;
}

Result<void> Debuggee::stand(StandingOrder& order, bool fresh, std::size_t& resumed) {
  resumed = 0;
  if (!start_server()) {
    auto alone = Standing::alone(target_, layout_, whole_, order);
    if (!alone) return alone.error();
    instance_.emplace(std::move(*alone));
    return {};
  }
  ForkServer& from = fresh ? *server_ : nearest(order.before);
  resumed = from.steps();
  const auto stands = stand_copied(from, order);
  if (!stands) return stands.error();
  if (*stands) return {};
  if (resumed > 0) return stand(order, true, resumed);
  return Error{Trouble::kTarget, "it lacks a thread that it was started with"};
}

Result<bool> Debuggee::stand_copied(ForkServer& from, StandingOrder& order) {
  const std::size_t gap = std::max(kWorthACheckpoint, brought_by_.size() / kMostStandpoints + 1);
  Held held;
  for (std::size_t mark = gap; mark < order.before; mark += gap) {
    if (mark > from.steps() && !checkpoints_.contains(mark)) held.before.push_back(mark);
  }
  auto standing = Standing::copy(from, layout_, order, held);
  // A checkpoint that a copy left before it lacked a thread is as good as any.
  for (auto& [mark, server] : held.servers) checkpoints_.emplace(mark, std::move(server));
  if (!standing) return standing.error();
  if (*standing) instance_.emplace(std::move(**standing));
  return standing->has_value();
}

// False: there can be none.
bool Debuggee::start_server() {
  if (server_) return true;
  if (target_.kind != TargetKind::kServer || !obstacle_.empty()) return false;
  auto server = ForkServer::start(target_, layout_, kHangMs);
  if (!server) {
    obstacle_ = server.error().message;
    return false;
  }
  server_.emplace(std::move(*server));
  return true;
}

ForkServer& Debuggee::nearest(std::size_t step) {
  const auto after = checkpoints_.upper_bound(step);
  return after == checkpoints_.begin() ? *server_ : std::prev(after)->second;
}

}  // namespace crashreel
