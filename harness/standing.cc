#include "harness/standing.h"

#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "harness/holder.h"
#include "harness/input_wait.h"
#include "harness/signature.h"
#include "harness/watchdog.h"

namespace crashreel {
namespace {

void hold_before(Script& script, std::size_t step) {
  script.stop().before = static_cast<std::uint32_t>(step);
  script.stop().held = 1;
}

void let_go(Script& script) {
  script.stop().held = 0;
  ::syscall(SYS_futex, &script.stop().held, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

ScriptState state_of(const Script& script) {
  return static_cast<ScriptState>(script.header().state.load());
}

}  // namespace

Result<Standing> Standing::alone(const Target& target, const Layout& layout,
                                 const Sequence& sequence, StandingOrder& order) {
  auto script = Script::write(layout);
  if (!script) return script.error();
  hold_before(*script, order.before);
  std::optional<StdinFeed> feed;
  if (target.kind == TargetKind::kStdin) {
    auto created = StdinFeed::create(sequence);
    if (!created) return created.error();
    feed.emplace(std::move(*created));
  }
  const int function_steps = target.kind == TargetKind::kFunction ? script->fd() : -1;
  auto instance = Instance::start(
      target, {.script_fd = script->fd(), .stdin_fd = feed ? feed->read_end() : function_steps});
  if (!instance) return instance.error();
  if (feed) feed->close_read_end();
  Standing standing(std::move(*instance), std::move(*script), std::move(feed), 0);
  standing.feed_most_ = order.before;
  if (const auto reached = standing.reach(order, nullptr); !reached) return reached.error();
  return standing;
}

Result<std::optional<Standing>> Standing::copy(ForkServer& server, const Layout& layout,
                                               StandingOrder& order, Held& held) {
  auto script = server.script_for(layout, held.before);
  if (!script) return script.error();
  hold_before(*script, order.before - server.steps());
  auto holder = Holder::create(server, held);
  if (!holder) return holder.error();
  auto instance = server.make(script->fd(), held.before.empty() ? -1 : holder->their_end(), false);
  if (!instance) return instance.error();
  holder->close_their_end();
  Standing standing(std::move(*instance), std::move(*script), std::nullopt, server.steps());
  const auto reached = standing.reach(order, &*holder);
  if (standing.lacked_thread()) return std::optional<Standing>();
  if (!reached) return reached.error();
  return std::optional<Standing>(std::move(standing));
}

std::size_t Standing::steps() const {
  if (feed_) return feed_->performed() - (feed_->is_full() ? 1 : 0);
  return before_ + script_.header().performed.load();
}

bool Standing::lacked_thread() const {
  return state_of(script_) == ScriptState::kThreadMissed;
}

bool Standing::stands() const {
  if (!feed_) return script_.header().stop.standing.load() != 0;
  return feed_->performed() == feed_most_ && !feed_->is_full() && waits_for_stdin(pid());
}

Result<void> Standing::reach(StandingOrder& order, Holder* holder) {
  Watchdog watchdog(order.hang_ms);
  for (int still_ms = 0; !stands(); still_ms += kLookMs) {
    if (instance_.poll_end()) return ended(order);
    pollfd ends[2] = {{instance_.pid_fd(), POLLIN, 0},
                      {holder == nullptr ? -1 : holder->fd(), POLLIN, 0}};
    const int ready = ::poll(ends, 2, kLookMs);
    if (ready > 0 && ends[1].revents != 0) holder->take();
    if (feed_) feed();
    if (still_ms < kWatchMs) continue;
    still_ms = 0;
    const ScriptHeader& header = script_.header();
    const std::uint64_t progress = header.idles + header.performed + header.state + steps();
    if (!watchdog.bites(instance_, progress)) continue;
    order.came_to = steps();
    return Error{Trouble::kTarget, "it hangs after " + std::to_string(steps()) + " of " +
                                       std::to_string(order.before) + " steps"};
  }
  return {};
}

Error Standing::ended(StandingOrder& order) {
  const ProcessEnd end = *instance_.poll_end();
  if (feed_) feed_->finish();
  order.came_to = steps();
  std::string how = "exited with status " + std::to_string(end.code);
  if (end.by_signal) how = "was killed by " + signal_name(end.code);
  if (state_of(script_) == ScriptState::kWritten) how += ", and the player never came up in it";
  if (state_of(script_) == ScriptState::kDeaf) how = "listens nowhere";
  if (const std::string why = instance_.exec_error(); !why.empty())
    how = "can't be started: " + why;
  return {Trouble::kTarget, "it " + how + " after " + std::to_string(steps()) + " of " +
                                std::to_string(order.before) + " steps"};
}

void Standing::go_on_until(std::size_t step) {
  feed_most_ = step;
  stops_ = true;
  script_.stop().before = static_cast<std::uint32_t>(step - before_);
  let_go(script_);
}

void Standing::go_on() {
  feed_most_.reset();
  stops_ = false;
  script_.stop().before = kStopsNowhere;
  let_go(script_);
}

void Standing::feed() {
  const bool more = !feed_most_ || feed_->performed() < *feed_most_;
  pollfd end = {feed_->write_end(), POLLOUT, 0};
  if (more && end.fd >= 0 && ::poll(&end, 1, 0) > 0) return feed_->write_next();
  if (more || !stops_ || !stands()) return;
  stops_ = false;
  ::kill(pid(), SIGSTOP);
}

}  // namespace crashreel
