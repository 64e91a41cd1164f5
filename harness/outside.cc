#include "harness/outside.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <vector>

#include "harness/external/clients.h"
#include "harness/external/listeners.h"
#include "harness/external/socket_diag.h"
#include "harness/external/tasks.h"
#include "harness/external/tracer.h"
#include "harness/player/place.h"

namespace crashreel {
namespace {

using Clock = std::chrono::steady_clock;

// So many rests in a row without the input being taken: it is not on its way either.
constexpr int kRestsToBeSure = 4;
// Who crashes, starts or ends is seen at a look. For the rest, and for who is still to be held, so
// many looks later is early enough.
constexpr std::uint32_t kRoundsBetween = 32;
// So often is an idle program asked to take the rest of what it was sent, as by the player.
constexpr int kPatience = 64;

class Outside {
 public:
  Outside(Instance& instance, Script& script, StdinFeed* feed, const TryOptions& options)
      : instance_(instance),
        script_(script.header()),
        feed_(feed),
        options_(options),
        tasks_(instance.keeper_pid()),
        tracer_(script_.crash),
        clients_(script_),
        watchdog_(options.hang_ms) {}

  // The kernel is asked from within the program's network.
  Result<void> prepare() {
    if (!kernel_counts_run_time()) {
      return Error{
          Trouble::kEnvironment,
          "/proc/PID/schedstat: this kernel does not count what tasks have run, by which a "
          "program at rest is told; replay on one with CONFIG_SCHED_INFO"};
    }
    auto netlink = instance_.make_socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (!netlink) return netlink.error();
    kernel_.emplace(std::move(*netlink));
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
  const Step& step(std::uint32_t number) const {
    const char* const base = reinterpret_cast<const char*>(&script_);
    return reinterpret_cast<const Step*>(base + script_.steps_offset)[number];
  }
  bool is_given_up() const;
  bool hangs();
  std::optional<OutsideEnd> look_for_end();
  void feed_stdin();

  Result<Next> go_on();
  Result<Next> begin();
  Result<void> perform(const Step& step);
  Result<void> open(const Step& step);
  void send(const Step& step);
  void note_undelivered();
  void finish();
  bool is_settled();
  bool will_not_take_it();
  bool has_run_since(const TaskSeen& seen) const;
  bool has_any_run() const;

  Instance& instance_;
  ScriptHeader& script_;
  StdinFeed* feed_;
  const TryOptions& options_;
  std::optional<SocketDiag> kernel_;
  TaskWatch tasks_;
  Tracer tracer_;
  Clients clients_;
  Watchdog watchdog_;
  Clock::time_point watched_ = Clock::now();

  std::vector<Listener> listeners_;
  std::optional<std::uint32_t> session_;  // of the step that is to be settled
  bool settled_ = false;                  // so it was between the last look and now
  int refusals_ = 0;                      // of the payload in hand
  std::uint32_t payload_sent_ = 0;
  int rests_ = 0;  // in a row, unsettled
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
    if (*next == Next::kDone || *next == Next::kDeaf) return OutsideEnd{};
    if (*next == Next::kWait) ::sched_yield();
  }
}

std::optional<OutsideEnd> Outside::look_for_end() {
  if (tracer_.attend(tasks_.seen())) {
    set_state(ScriptState::kCrashed);
    return OutsideEnd{Wait::kEnded, {true, script_.crash.signal}};
  }
  if (const auto end = instance_.poll_end()) return OutsideEnd{Wait::kEnded, *end};
  if (is_given_up()) return OutsideEnd{Wait::kGivenUp, {}};
  if (!hangs()) return std::nullopt;
  const bool deaf = feed_ == nullptr && tasks_.at_rest() && !is_listening();
  if (deaf) set_state(ScriptState::kDeaf);
  return OutsideEnd{deaf ? Wait::kEnded : Wait::kHung, {}};
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
  constexpr std::chrono::milliseconds kBetween(kWatchMs);
  if (Clock::now() - watched_ < kBetween) return false;
  watched_ += kBetween;
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
  if (script_.performed == script_.step_count) return finish(), Next::kDone;
  const auto performed = perform(step(script_.performed));
  if (!performed) return performed.error();
  return Next::kWait;
}

Result<Outside::Next> Outside::begin() {
  auto found = kernel_->listeners();
  if (!found) return found.error();
  listeners_ = instance_.has_own_network() ? std::move(*found)
                                           : listeners_of(tasks_.seen(), std::move(*found));
  if (!listeners_.empty()) {
    settled_ = true;
    set_state(ScriptState::kListening);
    return Next::kLook;
  }
  const auto& seen = tasks_.seen();
  const bool for_time = std::any_of(seen.begin(), seen.end(), [](const TaskSeen& one) {
    return waits_for_time(one.process, one.task);
  });
  if (for_time || ++rests_ < kRestsToBeSure) return Next::kWait;
  set_state(ScriptState::kDeaf);
  return Next::kDeaf;
}

Result<void> Outside::perform(const Step& step) {
  const bool in_session = step.kind != StepKind::kSignal && step.way != Way::kIsCalled;
  if (in_session && refusals_ == 0 && payload_sent_ == 0) {
    clients_.begin_answer(step.session, script_.performed);
  }
  session_ = in_session ? std::optional(step.session) : std::nullopt;
  rests_ = 0;
  stepped_ = Clock::now();
  ran_at_step_.clear();
  for (const TaskSeen& one : tasks_.seen()) ran_at_step_[one.task] = one.ran_ns;
  switch (step.kind) {
    case StepKind::kOpen:
      if (const auto opened = open(step); !opened) return opened.error();
      break;
    case StepKind::kData:
      send(step);
      break;
    case StepKind::kClose:
      clients_.end(step.session);
      break;
    case StepKind::kSignal:
      instance_.send_signal(static_cast<int>(step.payload_size));
      break;
    case StepKind::kClock:
    case StepKind::kRandom:
    case StepKind::kNote:
      break;  // nobody lays these out for a server
  }
  if (refusals_ == 0 && payload_sent_ == 0) script_.performed.fetch_add(1);
  return {};
}

Result<void> Outside::open(const Step& step) {
  const bool datagrams = step.way == Way::kSendsDatagrams;
  const Listener* const listener =
      step.way == Way::kIsCalled ? nullptr : listener_for(step.place, listeners_);
  if (listener == nullptr) return {};
  const int type = datagrams ? SOCK_DGRAM : SOCK_STREAM;
  auto socket = instance_.make_socket(listener->name.address.ss_family,
                                      type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (!socket) return socket.error();
  clients_.open(step.session, std::move(*socket), listener->name, datagrams);
  return {};
}

// In as many goes as the program's queue needs; what is left is sent when it is at rest again.
void Outside::send(const Step& step) {
  const char* const bytes = reinterpret_cast<const char*>(&script_) + step.payload_offset;
  while (payload_sent_ < step.payload_size) {
    const auto sent =
        clients_.send(step.session, bytes + payload_sent_, step.payload_size - payload_sent_);
    if (!sent || (*sent == 0 && ++refusals_ > kPatience)) {
      note_undelivered();
      break;
    }
    if (*sent == 0) return;
    payload_sent_ += static_cast<std::uint32_t>(*sent);
  }
  payload_sent_ = 0;
  refusals_ = 0;
}

void Outside::note_undelivered() {
  if (script_.undelivered.fetch_add(1) == 0) script_.first_undelivered = script_.performed.load();
}

void Outside::finish() {
  clients_.take_all();
  if (script_.answers_offset != 0) clients_.note_unread(*kernel_);
  clients_.end_answers();
  set_state(ScriptState::kDone);
}

bool Outside::is_settled() {
  clients_.take_all();
  if (!session_) return true;
  switch (clients_.settled(*session_, *kernel_)) {
    case Clients::Settled::kYes:
      return true;
    case Clients::Settled::kNo:
      return false;
    case Clients::Settled::kIfItRan:
      return has_any_run();
  }
  return false;
}

bool Outside::has_run_since(const TaskSeen& seen) const {
  const auto then = ran_at_step_.find(seen.task);
  return then == ran_at_step_.end() || then->second != seen.ran_ns;
}

bool Outside::has_any_run() const {
  const auto& seen = tasks_.seen();
  return std::any_of(seen.begin(), seen.end(),
                     [this](const TaskSeen& one) { return has_run_since(one); });
}

bool Outside::will_not_take_it() {
  if (++rests_ < kRestsToBeSure) return false;
  const std::chrono::milliseconds longest(options_.hang_ms / 4);
  if (Clock::now() - stepped_ > longest) return true;
  const auto& seen = tasks_.seen();
  return std::none_of(seen.begin(), seen.end(), [this](const TaskSeen& one) {
    return !has_run_since(one) && !one.is_gone() && waits_for_time(one.process, one.task);
  });
}

}  // namespace

Result<OutsideEnd> feed_from_outside(Instance& instance, Script& script, StdinFeed* feed,
                                     const TryOptions& options) {
  Outside outside(instance, script, feed, options);
  const auto end = outside.prepare();
  if (!end) {
    outside.end_all();
    if (end.error().trouble == Trouble::kTarget)
      return OutsideEnd{Wait::kEnded, *instance.poll_end()};
    return end.error();
  }
  auto ended = outside.run();
  outside.end_all();
  return ended;
}

}  // namespace crashreel
