#include "harness/try.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>

#include "harness/address.h"
#include "harness/feed.h"
#include "harness/holder.h"
#include "harness/instance.h"
#include "harness/outside.h"
#include "harness/read_outcome.h"
#include "harness/watchdog.h"

namespace crashreel {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint64_t progress_of(const Script& script, const StdinFeed* feed) {
  const ScriptHeader& header = script.header();
  return header.idles.load() + header.performed.load() + (feed == nullptr ? 0 : feed->performed()) +
         header.state.load();
}

// Who has a part in a try beside the instance, if so.
struct Others {
  StdinFeed* feed = nullptr;
  Holder* holder = nullptr;
  ForkServer* server = nullptr;
};

// Until the process has ended or gone back, hangs, or is wanted no longer.
Wait wait_for_end(Instance& instance, const Script& script, const Others& others,
                  const TryOptions& options) {
  const auto [feed, holder, server] = others;
  Watchdog watchdog(options.hang_ms);
  while (!instance.poll_end()) {
    pollfd ends[5] = {{instance.pid_fd(), POLLIN, 0},
                      {feed == nullptr ? -1 : feed->write_end(), POLLOUT, 0},
                      {holder == nullptr ? -1 : holder->fd(), POLLIN, 0},
                      {options.give_up_fd, POLLIN, 0},
                      {server == nullptr ? -1 : server->line(), POLLIN, 0}};
    const int ready = ::poll(ends, 5, kWatchMs);
    if (ready == 0 && watchdog.bites(instance, progress_of(script, feed))) {
      instance.kill();
      return Wait::kHung;
    }
    if (ready > 0 && ends[3].revents != 0) {
      instance.kill();
      return Wait::kGivenUp;
    }
    if (ready > 0 && ends[1].revents != 0) feed->write_next();
    if (ready > 0 && ends[2].revents != 0) holder->take();
    if (ready > 0 && ends[4].revents != 0 && server->hear_line(instance)) return Wait::kBack;
  }
  return Wait::kEnded;
}

ProcessEnd end_of(Instance& instance) {
  while (!instance.poll_end()) {  // after a kill: until the kernel is done with it
    pollfd end = {instance.pid_fd(), POLLIN, 0};
    ::poll(&end, 1, kWatchMs);
  }
  return *instance.poll_end();
}

// Fed by whoever feeds it, until nothing of it is left.
Result<OutsideEnd> let_run(Instance& instance, Script& script, StdinFeed* feed,
                           const Target& target, const TryOptions& options) {
  if (target.from_outside) {
    note_from_outside(target);
    return feed_from_outside(instance, script, feed, options);
  }
  const Wait wait = wait_for_end(instance, script, {.feed = feed}, options);
  return OutsideEnd{wait, end_of(instance), {}};
}

// A function's main() finds its steps there.
int stdin_of(const Target& target, const Script& script, const std::optional<StdinFeed>& feed) {
  if (target.kind == TargetKind::kFunction) return script.fd();
  return feed ? feed->read_end() : -1;
}

// What lies unread is the end of what was sent in its session.
void note_unread(Outcome& outcome, const Script& script, const Layout& layout) {
  std::unordered_map<std::uint32_t, std::uint64_t> unread;  // by the reel's session
  for (std::uint32_t step = outcome.performed; step-- > 0;) {
    const Input* input = layout.inputs[step];
    if (input == nullptr || input->session == kNoSession) continue;
    std::uint64_t& bytes = unread[input->session];
    bytes += script.unread_at(step);
    if (bytes == 0 || input->kind != InputKind::kData || input->data.empty()) continue;
    outcome.unread.push_back(input);
    bytes -= std::min<std::uint64_t>(bytes, input->data.size());
  }
  std::ranges::reverse(outcome.unread);
}

// The program shares the memory: whatever it says, what is shown can be.
std::string first_unanswered(const ScriptHeader& header) {
  sockaddr_storage address = {};
  const std::size_t size = std::min<std::size_t>(header.first_unanswered_size, kMaxAddress);
  std::memcpy(&address, header.first_unanswered, std::min(size, sizeof address));
  return address_text(address, size);
}

// `before`: what the instance had behind it when it began.
void note_steps(Outcome& outcome, const Script& script, const Layout& layout, std::size_t before) {
  const std::uint32_t performed = std::min(script.header().performed.load(), script.step_count());
  outcome.steps = static_cast<std::uint32_t>(layout.steps.size());
  outcome.performed = static_cast<std::uint32_t>(before) + performed;
  if (outcome.performed > 0) outcome.in_flight = layout.inputs[outcome.performed - 1];
  outcome.undelivered = script.header().undelivered.load();
  const std::uint32_t first = script.header().first_undelivered.load();
  if (outcome.undelivered > 0 && first < script.step_count()) {
    outcome.first_undelivered = layout.inputs[before + first];
  }
  outcome.unwatched = script.header().unwatched.load();
  outcome.real_times = script.header().real_times.load();
  outcome.unanswered = script.header().unanswered.load();
  if (outcome.unanswered > 0) outcome.first_unanswered = first_unanswered(script.header());
  if (!layout.keeps_answers) return;
  note_unread(outcome, script, layout);
  for (std::uint32_t step = 0; step < performed; ++step) {
    const Input* input = layout.inputs[before + step];
    if (script.is_undelivered(step) && input != nullptr)
      outcome.undelivered_inputs.push_back(input);
  }
  std::vector<std::string> bytes;
  if (layout.keeps_bytes) bytes = script.transcript();
  for (std::uint32_t step = 0; step < outcome.performed; ++step) {
    const auto answer = script.answer_to(step);
    const Input* input = layout.inputs[step];
    if (!answer || input == nullptr) continue;
    outcome.answers.push_back({.to = input, .digest = *answer});
    if (step < bytes.size() && bytes[step].size() == answer->bytes) {
      outcome.answers.back().bytes = std::move(bytes[step]);
    }
  }
}

void note_steps(Outcome& outcome, StdinFeed& feed) {
  feed.finish();
  outcome.steps = feed.count();
  outcome.performed = feed.performed();
  outcome.in_flight = feed.in_flight();
}

}  // namespace

Result<Outcome> run_try(const Target& target, const Reel& reel, const Sequence& sequence,
                        const TryOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ScriptOptions written = options.script;
  written.from_outside = target.from_outside;
  const Layout layout = lay_out(reel, sequence, target.kind, written);
  auto script = Script::write(layout);
  if (!script) return script.error();
  std::optional<StdinFeed> feed;
  if (target.kind == TargetKind::kStdin) {
    auto created = StdinFeed::create(sequence);
    if (!created) return created.error();
    feed.emplace(std::move(*created));
  }
  Outcome outcome;
  {
    auto instance = Instance::start(
        target, {.script_fd = script->fd(), .stdin_fd = stdin_of(target, *script, feed)});
    if (!instance) return instance.error();
    if (feed) feed->close_read_end();
    const auto end = let_run(*instance, *script, feed ? &*feed : nullptr, target, options);
    if (!end) return end.error();
    outcome = outcome_of(*instance, end->end, end->wait, *script, target);
    if (layout.keeps_answers) outcome.unread_unknown = end->unread_unknown;
  }
  feed ? note_steps(outcome, *feed) : note_steps(outcome, *script, layout, 0);
  outcome.random_seed = layout.random_seed;
  outcome.seconds = seconds_since(start);
  return outcome;
}

Result<Outcome> run_try(ForkServer& server, const Target& target, const Layout& layout,
                        const TryOptions& options, Held* held) {
  const auto start = std::chrono::steady_clock::now();
  const bool holds = held != nullptr && !held->before.empty();
  auto script = server.script_for(layout, holds ? held->before : std::vector<std::size_t>());
  if (!script) return script.error();
  std::optional<Holder> holder;
  if (holds) {
    auto created = Holder::create(server, *held);
    if (!created) return created.error();
    holder.emplace(std::move(*created));
  }
  Outcome outcome;
  {
    auto instance = server.make(script->fd(), holder ? holder->their_end() : -1);
    if (!instance) return instance.error();
    if (holder) holder->close_their_end();
    const Wait wait = wait_for_end(
        *instance, *script, {.holder = holder ? &*holder : nullptr, .server = &server}, options);
    const ProcessEnd end = end_of(*instance);
    if (instance->is_lost()) return Error{Trouble::kTarget, "the fork server has ended"};
    outcome = outcome_of(*instance, end, wait, *script, target);
  }
  note_steps(outcome, *script, layout, server.steps());
  outcome.random_seed = layout.random_seed;
  outcome.seconds = seconds_since(start);
  return outcome;
}

}  // namespace crashreel
