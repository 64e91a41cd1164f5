#include "harness/try.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>

#include "harness/feed.h"
#include "harness/instance.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

// How often the watchdog looks. It ends hangs; no try that goes well ever waits for it.
constexpr int kWatchMs = 250;
// A program that would run but gets no processor is given so many times the time.
constexpr std::uint32_t kPatience = 30;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Sees whether the instance makes progress: the script advances, or the player keeps finding the
// program idle. Processor time without either is a busy loop; neither is a standstill.
class Watchdog {
 public:
  explicit Watchdog(const TryOptions& options) : options_(options) {}

  // Called every kWatchMs. True: it hangs.
  bool bites(const Instance& instance, std::uint64_t progress) {
    const std::uint64_t ticks = instance.processor_ticks();
    if (progress != progress_) {
      progress_ = progress;
      ticks_ = ticks;
      still_ms_ = 0;
      return false;
    }
    still_ms_ += kWatchMs;
    if (still_ms_ < options_.hang_ms) return false;
    if (!instance.wants_processor()) return true;
    // So much time of the machine's may have gone to others: a busy program must have had its
    // share.
    const std::uint64_t used_ms = (ticks - ticks_) * 10;
    return used_ms >= options_.hang_ms / 2 || still_ms_ >= kPatience * options_.hang_ms;
  }

 private:
  TryOptions options_;
  std::uint64_t progress_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint32_t still_ms_ = 0;
};

std::uint64_t progress_of(const Script& script, const StdinFeed* feed) {
  const ScriptHeader& header = script.header();
  return header.idles.load() + header.performed.load() + (feed == nullptr ? 0 : feed->performed()) +
         header.state.load();
}

// Until the process has ended or hangs. True: it hung.
bool wait_for_end(Instance& instance, const Script& script, StdinFeed* feed,
                  const TryOptions& options) {
  Watchdog watchdog(options);
  while (!instance.poll_end()) {
    pollfd ends[2] = {{instance.pid_fd(), POLLIN, 0},
                      {feed == nullptr ? -1 : feed->write_end(), POLLOUT, 0}};
    const int ready = ::poll(ends, 2, kWatchMs);
    if (ready == 0 && watchdog.bites(instance, progress_of(script, feed))) {
      instance.kill();
      return true;
    }
    if (ready > 0 && ends[1].revents != 0) feed->write_next();
  }
  return false;
}

Ending ending_of(const Script& script, const ProcessEnd& end, TargetKind kind) {
  const auto state = static_cast<ScriptState>(script.header().state.load());
  if (state == ScriptState::kWritten) return Ending::kNotAttached;
  if (state == ScriptState::kDeaf) return Ending::kDeaf;
  if (end.by_signal) return Ending::kCrashed;
  if (state == ScriptState::kDone) return Ending::kSurvived;
  if (kind == TargetKind::kServer && state < ScriptState::kListening) return Ending::kNotStarted;
  return Ending::kExited;
}

Signature signature_for(const Script& script, const Target& target, const ProcessEnd& end) {
  const ScriptCrash& crash = script.header().crash;
  // SIGKILL and the like leave no frames; what the player saw counts only if it is what killed. (A
  // stack so broken that walking it faults ends the process by that fault.)
  const bool killed = crash.signal == end.code || end.code == SIGSEGV || end.code == SIGBUS;
  if (crash.frame_count.load() == 0 || !killed) return {signal_name(end.code), {}};
  return signature_of(crash, target.executable,
                      target.argv.empty() ? target.executable : target.argv.front());
}

}  // namespace

Result<Outcome> run_try(const Target& target, const Reel& reel, const Sequence& sequence,
                        const TryOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  auto script = Script::write(reel, sequence, target.kind);
  if (!script) return script.error();
  std::optional<StdinFeed> feed;
  if (target.kind == TargetKind::kStdin) {
    auto created = StdinFeed::create(sequence);
    if (!created) return created.error();
    feed.emplace(std::move(*created));
  }
  Outcome outcome;
  {
    auto instance = Instance::start(target, script->fd(), feed ? feed->read_end() : -1);
    if (!instance) return instance.error();
    if (feed) feed->close_read_end();
    const bool hung = wait_for_end(*instance, *script, feed ? &*feed : nullptr, options);
    while (!instance->poll_end()) {  // after a kill: until the kernel is done with it
      pollfd end = {instance->pid_fd(), POLLIN, 0};
      ::poll(&end, 1, kWatchMs);
    }
    const ProcessEnd end = *instance->poll_end();
    outcome.ending = hung ? Ending::kHung : ending_of(*script, end, target.kind);
    outcome.code = end.code;
    if (outcome.ending == Ending::kCrashed) outcome.signature = signature_for(*script, target, end);
    outcome.output_tail = instance->output_tail();
    const std::string exec_error = instance->exec_error();
    if (!exec_error.empty()) {
      outcome.ending = Ending::kNotStarted;
      outcome.output_tail = target.executable + ": " + exec_error;
    }
  }
  const ScriptHeader& header = script->header();
  if (feed) feed->finish();
  outcome.steps = feed ? feed->count() : script->step_count();
  // The program shares the header's memory, and may have written anything there.
  outcome.performed = feed ? feed->performed() : std::min(header.performed.load(), outcome.steps);
  outcome.answer_bytes = header.answer_bytes.load();
  outcome.answer_digest = header.answer_digest.load();
  if (feed) {
    outcome.in_flight = feed->in_flight();
  } else if (outcome.performed > 0) {
    outcome.in_flight = script->input_of(outcome.performed - 1);
  }
  outcome.seconds = seconds_since(start);
  return outcome;
}

}  // namespace crashreel
