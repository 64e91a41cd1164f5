#include "harness/outside.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "harness/external/tasks.h"
#include "harness/external/tracer.h"
#include "harness/outside_steps.h"

namespace crashreel {
namespace {

using Clock = std::chrono::steady_clock;

// So many rests in a row without the input being taken: it is not on its way either.
constexpr int kRestsToBeSure = 4;
// Who crashes, starts or ends is seen at a look. For the rest, and for who is still to be held, so
// many looks later is early enough.
constexpr std::uint32_t kRoundsBetween = 32;
class Outside {
 public:
  Outside(Instance& instance, Script& script, StdinFeed* feed, const TryOptions& options)
      : instance_(instance),
        script_(script.header()),
        feed_(feed),
        options_(options),
        tasks_(instance.keeper_pid()),
        tracer_(script_.crash),
        steps_(instance, script_),
        watchdog_(options.hang_ms) {}

  Result<void> prepare() {
    if (!kernel_counts_run_time()) {
      return Error{
          Trouble::kEnvironment,
          "/proc/PID/schedstat: this kernel does not count what tasks have run, by which a "
          "program at rest is told; replay on one with CONFIG_SCHED_INFO"};
    }
    if (const auto prepared = steps_.prepare(); !prepared) return prepared.error();
    set_state(ScriptState::kAttached);
    return {};
  }

  // Until it has ended, or is to be ended.
  Result<OutsideEnd> run();
  // Kills what is left, and waits until nothing is.
  void end_all();

 private:
  enum class Next { kWait, kLook, kDone, kDeaf };

  void set_state(ScriptState state) { script_.state = static_cast<std::uint32_t>(state); }
  bool is_listening() const {
    return script_.state >= static_cast<std::uint32_t>(ScriptState::kListening);
  }
  bool is_given_up() const;
  bool hangs();
  std::optional<OutsideEnd> look_for_end();
  std::string gone_unseen() const;
  void feed_stdin();

  Result<Next> go_on();
  Result<Next> begin();
  Result<void> perform_next();
  bool is_settled();
  bool will_not_take_it();
  bool has_run_since(const TaskSeen& seen) const;
  bool has_run_since_step(pid_t process) const;
  bool has_any_run() const;
  bool waits_for_its_time(const TaskSeen& one) const;

  Instance& instance_;
  ScriptHeader& script_;
  StdinFeed* feed_;
  const TryOptions& options_;
  TaskWatch tasks_;
  Tracer tracer_;
  OutsideSteps steps_;
  Watchdog watchdog_;
  WatchTimes watch_times_{Clock::now()};

  bool settled_ = false;  // what the last step brought, between the last look and now
  int rests_ = 0;         // in a row, unsettled
  std::map<pid_t, std::uint64_t> ran_at_step_;
  Clock::time_point stepped_ = Clock::now();
};

Result<OutsideEnd> Outside::run() {
  for (std::uint32_t round = 0;; ++round) {
    tasks_.look();
    const bool looks_round = feed_ != nullptr || !is_listening() || round % kRoundsBetween == 0;
    if (looks_round || tasks_.has_news() || tasks_.seen().empty()) {
      if (const auto end = look_for_end()) return *end;
    }
    const auto next = go_on();
    if (!next && next.error().trouble == Trouble::kTarget) continue;  // it ends just now
    if (!next) return next.error();
    if (*next == Next::kDone) return OutsideEnd{Wait::kEnded, {}, steps_.unread_unknown()};
    if (*next == Next::kDeaf) return OutsideEnd{};
    if (*next == Next::kWait) ::sched_yield();
  }
}

std::optional<OutsideEnd> Outside::look_for_end() {
  if (tracer_.attend(tasks_.seen())) {
    set_state(ScriptState::kCrashed);
    steps_.note_unread(tasks_.seen());
    return OutsideEnd{Wait::kEnded, {true, script_.crash.signal}, steps_.unread_unknown()};
  }
  if (const auto end = instance_.poll_end()) return OutsideEnd{Wait::kEnded, *end, gone_unseen()};
  if (is_given_up()) return OutsideEnd{Wait::kGivenUp, {}, {}};
  if (!hangs()) return std::nullopt;
  const bool deaf = feed_ == nullptr && tasks_.at_rest() && !is_listening();
  if (deaf) set_state(ScriptState::kDeaf);
  return OutsideEnd{deaf ? Wait::kEnded : Wait::kHung, {}, {}};
}

// What it had not read went with it.
std::string Outside::gone_unseen() const {
  const int refused = tracer_.refused();
  if (refused == 0) return "it ended before anybody could stop it";
  return "nobody may stop it as it dies (ptrace: " + std::string(std::strerror(refused)) + ")";
}

void Outside::end_all() {
  instance_.kill();
  while (!instance_.poll_end()) {
    tracer_.let_go(tasks_.seen());
    pollfd end = {instance_.pid_fd(), POLLIN, 0};
    ::poll(&end, 1, kWatchMs);
    tasks_.look();  // somebody may have been made last
  }
}

bool Outside::is_given_up() const {
  pollfd wanted = {options_.give_up_fd, POLLIN, 0};
  return options_.give_up_fd >= 0 && ::poll(&wanted, 1, 0) > 0;
}

bool Outside::hangs() {
  if (!watch_times_.is_due(Clock::now())) return false;
  const std::uint64_t fed = feed_ == nullptr ? 0 : feed_->performed();
  return watchdog_.bites(instance_, script_.idles + script_.performed + script_.state + fed);
}

void Outside::feed_stdin() {
  pollfd end = {feed_->write_end(), POLLOUT, 0};
  if (end.fd >= 0 && ::poll(&end, 1, 0) > 0) feed_->write_next();
}

Result<Outside::Next> Outside::go_on() {
  if (feed_ != nullptr) {
    // Not before it waits for the first time: until then nobody may have taken hold of it.
    if (feed_->performed() != 0 || tasks_.at_rest()) feed_stdin();
    return Next::kWait;
  }
  // Asked between two looks, the answer holds for all of the rest that they make.
  const bool settled = settled_;
  const bool at_rest = tasks_.at_rest();
  settled_ = false;
  if (!tasks_.all_wait()) rests_ = 0;
  if (at_rest && !is_listening()) return begin();
  if (!at_rest || !(settled || will_not_take_it())) {
    settled_ = tasks_.all_wait() && is_settled();
    return settled_ ? Next::kLook : Next::kWait;
  }
  script_.idles.fetch_add(1);
  if (steps_.are_over()) {
    steps_.finish(tasks_.seen());
    set_state(ScriptState::kDone);
    return Next::kDone;
  }
  const auto performed = perform_next();
  if (!performed) return performed.error();
  return Next::kWait;
}

Result<Outside::Next> Outside::begin() {
  const auto listens = steps_.find_listeners(tasks_.seen());
  if (!listens) return listens.error();
  if (*listens) {
    settled_ = true;
    set_state(ScriptState::kListening);
    return Next::kLook;
  }
  const auto& seen = tasks_.seen();
  const bool for_time = std::any_of(seen.begin(), seen.end(), [](const TaskSeen& one) {
    return waits_for_time(one.process, one.task) || has_set_timer(one.process);
  });
  if (for_time || ++rests_ < kRestsToBeSure) return Next::kWait;
  set_state(ScriptState::kDeaf);
  return Next::kDeaf;
}

Result<void> Outside::perform_next() {
  rests_ = 0;
  stepped_ = Clock::now();
  ran_at_step_.clear();
  for (const TaskSeen& one : tasks_.seen()) ran_at_step_[one.task] = one.ran_ns;
  return steps_.perform_next(tasks_.seen());
}

bool Outside::is_settled() {
  const Clients::Settled settled = steps_.settled();
  return settled == Clients::Settled::kYes ||
         (settled == Clients::Settled::kIfItRan && has_any_run());
}

bool Outside::has_run_since(const TaskSeen& seen) const {
  const auto then = ran_at_step_.find(seen.task);
  return then == ran_at_step_.end() || then->second != seen.ran_ns;
}

bool Outside::has_run_since_step(pid_t process) const {
  const auto& seen = tasks_.seen();
  return std::any_of(seen.begin(), seen.end(), [&](const TaskSeen& one) {
    return one.process == process && has_run_since(one);
  });
}

bool Outside::has_any_run() const {
  const auto& seen = tasks_.seen();
  return std::any_of(seen.begin(), seen.end(),
                     [this](const TaskSeen& one) { return has_run_since(one); });
}

bool Outside::waits_for_its_time(const TaskSeen& one) const {
  if (one.is_gone()) return false;
  if (!has_run_since(one) && waits_for_time(one.process, one.task)) return true;
  const bool leads = one.task == one.process;
  return leads && !has_run_since_step(one.process) && has_set_timer(one.process);
}

bool Outside::will_not_take_it() {
  if (++rests_ < kRestsToBeSure) return false;
  const std::chrono::milliseconds longest(options_.hang_ms / 4);
  if (Clock::now() - stepped_ > longest) return true;
  const auto& seen = tasks_.seen();
  return std::none_of(seen.begin(), seen.end(),
                      [this](const TaskSeen& one) { return waits_for_its_time(one); });
}

}  // namespace

Result<OutsideEnd> feed_from_outside(Instance& instance, Script& script, StdinFeed* feed,
                                     const TryOptions& options) {
  Outside outside(instance, script, feed, options);
  const auto end = outside.prepare();
  if (!end) {
    outside.end_all();
    if (end.error().trouble == Trouble::kTarget)
      return OutsideEnd{Wait::kEnded, *instance.poll_end(), {}};
    return end.error();
  }
  auto ended = outside.run();
  outside.end_all();
  return ended;
}

}  // namespace crashreel
