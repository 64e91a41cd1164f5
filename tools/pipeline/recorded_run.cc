#include "tools/pipeline/recorded_run.h"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/base/owned_fd.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_attach.h"
#include "harness/signature.h"
#include "tools/pipeline/save_requests.h"
#include "tools/pipeline/signal_relay.h"
#include "tools/pipeline/stderr_tee.h"
#include "tools/pipeline/stdin_pump.h"

namespace crashreel {
namespace {

using Clock = std::chrono::steady_clock;

// The recorder answers before the program's own code runs, in milliseconds. A loader that did not
// load it answers never, and the program's input must not wait for that.
constexpr auto kMostStartTime = std::chrono::seconds(10);

bool sets(const std::vector<std::string>& settings, std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('=') + 1);
  return std::any_of(settings.begin(), settings.end(),
                     [&](const std::string& setting) { return setting.starts_with(name); });
}

// Ours, but for what an outer recording of ourselves left in it, with the recorder added.
std::vector<std::string> make_environment(const RecordedRun& run, int ready_fd, bool feeds_stdin) {
  std::vector<std::string> environment;
  std::string preload = run.library;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (variable.starts_with("LD_PRELOAD=")) {
      preload = std::string(variable.substr(variable.find('=') + 1)) + ":" + run.library;
    } else if (!variable.starts_with("CRASHREEL_RING=") &&
               !variable.starts_with("CRASHREEL_RING_OWNER=") &&
               !variable.starts_with("CRASHREEL_READY_FD=") &&
               !variable.starts_with("CRASHREEL_STDIN_FED=") && !sets(run.settings, variable)) {
      environment.emplace_back(variable);
    }
  }
  if (!run.first_library.empty()) preload.insert(0, run.first_library + ":");
  environment.push_back("LD_PRELOAD=" + preload);
  environment.push_back("CRASHREEL_RING=" + run.ring_path);
  environment.push_back("CRASHREEL_READY_FD=" + std::to_string(ready_fd));
  if (feeds_stdin) environment.push_back("CRASHREEL_STDIN_FED=1");
  environment.insert(environment.end(), run.settings.begin(), run.settings.end());
  return environment;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

struct Spawned {
  pid_t pid = -1;
  OwnedFd ended;  // readable once the process is no more
};

// 0 or an errno value.
int spawn(const RecordedRun& run, const sigset_t& mask, int ready_fd, const StdinPump* pump,
          const StderrTee* tee, Spawned* spawned) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  if (pump != nullptr) ::posix_spawn_file_actions_adddup2(&files, pump->program_end(), 0);
  if (tee != nullptr) ::posix_spawn_file_actions_adddup2(&files, tee->program_end(), 2);
  if (run.stdout_to_stderr) ::posix_spawn_file_actions_adddup2(&files, 2, 1);
  // Onto itself: the same number, no longer closed by exec.
  ::posix_spawn_file_actions_adddup2(&files, ready_fd, ready_fd);
  const std::vector<std::string> environment = make_environment(run, ready_fd, pump != nullptr);
  const int error = ::posix_spawn(&spawned->pid, run.path.c_str(), &files, &attributes,
                                  pointers_to(run.argv).data(), pointers_to(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) return error;
  // By number: the header that declares it is not fit for C++ in every libc.
  spawned->ended.reset(static_cast<int>(::syscall(SYS_pidfd_open, spawned->pid, 0)));
  if (spawned->ended) return 0;
  // A program that nobody can wait for must not stay behind.
  const int why = errno;
  ::kill(spawned->pid, SIGKILL);
  ::waitpid(spawned->pid, nullptr, 0);
  return why;
}

// What this process itself writes into the program's ring: its standard input.
class StdinRecord {
 public:
  explicit StdinRecord(const std::string& redact_rules) : redact_rules_(redact_rules) {}
  ~StdinRecord() { ring::detach(); }

  // 0 or an errno value.
  int attach(const std::string& ring_path) {
    attached_to_ = inode_of(ring_path);
    return ring::attach(ring_path.c_str(), {.rules = redact_rules_.c_str(),
                                            .key = std::getenv("CRASHREEL_REDACT_KEY")});
  }

  void note(InputKind kind, std::string_view bytes) {
    if (kind == InputKind::kOpen) {  // which may be overwritten one day
      const auto fed_by = static_cast<char>(TargetKind::kStdin);
      ring::add_fact(ring::Fact::kTargetKind, {&fed_by, sizeof fed_by, true});
    }
    crashreel_record(static_cast<std::uint32_t>(kind), kStdinSession, bytes.data(), bytes.size());
  }

  // After exec the program begins its ring anew, and this one is nobody's.
  bool was_left_behind(const std::string& ring_path) const {
    return attached_to_ && *attached_to_ != inode_of(ring_path);
  }

 private:
  static ino_t inode_of(const std::string& path) {
    struct stat file;
    return ::stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
  }

  const std::string& redact_rules_;
  std::optional<ino_t> attached_to_;
};

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
  end.start_error =
      spawn(run, relay.original_mask(), ready_there.get(), pump_or_null, tee_or_null, &spawned);
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
