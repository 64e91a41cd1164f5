#include "tools/pipeline/recorded_run.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/base/owned_fd.h"
#include "harness/signature.h"
#include "tools/pipeline/save_requests.h"
#include "tools/pipeline/signal_relay.h"
#include "tools/pipeline/spawn_recorded.h"
#include "tools/pipeline/stderr_tee.h"
#include "tools/pipeline/stdin_pump.h"
#include "tools/pipeline/stdin_record.h"

namespace crashreel {
namespace {

using Clock = std::chrono::steady_clock;

// The recorder answers before the program's own code runs, in milliseconds. A loader that did not
// load it answers never, and the program's input must not wait for that.
constexpr auto kMostStartTime = std::chrono::seconds(10);

// Stays beside the program from its start to its end.
class Watch {
 public:
  Watch(const RecordedRun& run, const Spawned& program, SignalRelay& relay, OwnedFd ready,
        StdinPump* pump, StderrTee* tee, StdinRecord* stdin_record)
      : run_(run),
        program_(program),
        relay_(relay),
        ready_(std::move(ready)),
        pump_(pump),
        tee_(tee),
        stdin_record_(stdin_record),
        hang_(run.hang, program.pid, run.ring_path) {}

  void until_end() {
    while (!step()) {
    }
    while (tee_ != nullptr && tee_->step()) {
    }
    // A program may ask and end at once.
    requests_.stop();
    if (requests_.take()) save(SaveReason::kRequest);
  }

  bool ring_was_made() const { return ring_was_made_; }
  const std::string& trouble() const { return trouble_; }

 private:
  // True when the program has ended.
  bool step() {
    std::array<pollfd, 6 + StdinPump::kPolled> polled{};
    polled[0] = {.fd = program_.ended.get(), .events = POLLIN, .revents = 0};
    polled[1] = {.fd = relay_.fd(), .events = POLLIN, .revents = 0};
    polled[2] = {.fd = ready_.get(), .events = POLLIN, .revents = 0};
    polled[3] = {.fd = requests_.fd(), .events = POLLIN, .revents = 0};
    const int tee_fd = tee_ == nullptr ? -1 : tee_->fd();
    polled[4] = {.fd = tee_fd, .events = POLLIN, .revents = 0};
    polled[5] = {.fd = ready_ ? -1 : run_.attend_fd, .events = POLLIN, .revents = 0};
    pollfd* const pump_polled = &polled[6];
    const bool pumps = pump_ != nullptr && !ready_;
    pump_polled[0].fd = pump_polled[1].fd = -1;
    if (pumps) pump_->ask(pump_polled);

    const int count = ::poll(polled.data(), polled.size(), timeout_ms());
    if (count < 0) return false;
    if (ready_ && count == 0) recorder_answered(std::nullopt);
    if (polled[4].revents != 0) tee_->step();
    if (polled[1].revents != 0 && relay_.pass_on_to(program_.pid)) asked_by_signal_ = true;
    if (polled[2].revents != 0) hear_recorder();
    // Until the recorder has answered there is no ring yet: who asks then is heard as soon as there
    // is.
    if (!ready_ && std::exchange(asked_by_signal_, false)) save(SaveReason::kSignal);
    if (pumps) pump_->step(pump_polled);
    if (polled[0].revents != 0) return true;
    if (polled[3].revents != 0 && requests_.take()) save(SaveReason::kRequest);
    if (polled[5].revents != 0 && run_.attend(program_.pid)) ::kill(program_.pid, SIGKILL);
    if (ring_was_made_) look_for_hang();
    return false;
  }

  int timeout_ms() const {
    if (ready_) return ms_to_deadline();
    return ring_was_made_ ? hang_.ms_to_next_look() : -1;
  }

  void save(SaveReason reason, const std::string& text = "") {
    if (ring_was_made_ && run_.save) run_.save(reason, text);
  }

  void look_for_hang() {
    const std::optional<std::string> hangs = hang_.look(pump_ != nullptr && pump_->is_waiting());
    if (!hangs) return;
    save(SaveReason::kHang, *hangs);
    if (run_.hang.kill_signal != 0) ::kill(program_.pid, run_.hang.kill_signal);
  }

  int ms_to_deadline() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  void hear_recorder() {
    unsigned char error = 0;
    if (::recv(ready_.get(), &error, 1, MSG_DONTWAIT) == 1) return recorder_answered(error);
    recorder_answered(std::nullopt);
  }

  // Nothing: it will not answer any more.
  void recorder_answered(std::optional<int> error) {
    ready_.reset();
    ring_was_made_ = error == 0;
    if (ring_was_made_) requests_.watch(run_.ring_path);
    if (!error) {
      trouble_ = "the recorder was not loaded into the program: does it clear LD_PRELOAD?";
    } else if (*error != 0) {
      trouble_ = run_.ring_path + ": no ring: " + std::strerror(*error);
    } else if (pump_ != nullptr) {
      const int refused = stdin_record_->attach(run_.ring_path);
      if (refused == 0) return;
      trouble_ = run_.ring_path + ": standard input is not recorded: " + std::strerror(refused);
    }
  }

  const RecordedRun& run_;
  const Spawned& program_;
  SignalRelay& relay_;
  OwnedFd ready_;  // open until the recorder has answered
  StdinPump* const pump_;
  StderrTee* const tee_;
  StdinRecord* const stdin_record_;
  SaveRequests requests_;
  HangWatch hang_;
  bool ring_was_made_ = false;
  bool asked_by_signal_ = false;  // for a reel that is not made yet
  std::string trouble_;
  const Clock::time_point deadline_ = Clock::now() + kMostStartTime;
};

// How the program ended; its number is free afterwards.
CrashFacts collect_end(pid_t pid) {
  siginfo_t info = {};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
  }
  CrashFacts facts;
  facts.known = info.si_pid == pid;
  if (info.si_code == CLD_EXITED) {
    facts.exit_status = info.si_status;
  } else {
    facts.signal = info.si_status;
    facts.signature.kind = signal_name(info.si_status);
  }
  return facts;
}

Error no_resource(const char* what) {
  return {Trouble::kEnvironment, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<RunEnd> run_recorded(const RecordedRun& run) {
  StdinRecord stdin_record(run.redact_rules);
  std::optional<StdinPump> pump;
  if (run.pump_stdin && StdinPump::is_wanted_for(STDIN_FILENO)) {
    Result<StdinPump> made =
        StdinPump::make(STDIN_FILENO, [&stdin_record](InputKind kind, std::string_view bytes) {
          stdin_record.note(kind, bytes);
        });
    if (!made) return made.error();
    pump.emplace(std::move(*made));
  }
  StdinPump* const pump_or_null = pump ? &*pump : nullptr;
  std::optional<StderrTee> tee;
  if (run.pick_reports) {
    Result<StderrTee> made = StderrTee::make(STDERR_FILENO);
    if (!made) return made.error();
    tee.emplace(std::move(*made));
  }
  StderrTee* const tee_or_null = tee ? &*tee : nullptr;

  int ready[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ready) != 0) {
    return no_resource("no socket for the recorder's answer");
  }
  OwnedFd ready_here(ready[0]);
  OwnedFd ready_there(ready[1]);
  SignalRelay relay(run.save_signal);
  if (!relay) return no_resource("signals can't be passed on");

  RunEnd end;
  Spawned spawned;
  end.start_error = spawn_recorded(run, relay.original_mask(), ready_there.get(), pump_or_null,
                                   tee_or_null, &spawned);
  if (end.start_error != 0) return end;
  end.pid = spawned.pid;
  ready_there.reset();
  if (pump) pump->close_program_end();
  if (tee) tee->close_program_end();
  Watch watch(run, spawned, relay, std::move(ready_here), pump_or_null, tee_or_null, &stdin_record);
  watch.until_end();
  end.facts = collect_end(spawned.pid);
  end.ring_was_made = watch.ring_was_made();
  end.trouble = watch.trouble();
  if (tee) end.reports = tee->take_reports();
  if (stdin_record.was_left_behind(run.ring_path)) {
    end.trouble = run.argv[0] +
                  ": became another program by exec, whose standard input is not recorded; record "
                  "that program itself";
  }
  return end;
}

}  // namespace crashreel
