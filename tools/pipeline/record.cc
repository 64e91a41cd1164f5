#include "tools/pipeline/record.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "capture/reel/ring_end.h"
#include "harness/signal_names.h"
#include "harness/target.h"
#include "tools/exit_status.h"
#include "tools/pipeline/program_check.h"
#include "tools/pipeline/recorded_run.h"
#include "tools/pipeline/reel_shelf.h"
#include "tools/pipeline/take_ring.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr char kLibraryName[] = "libcrashreel-record.so";
constexpr int kMostRingNames = 16;

void add_trouble(RecordReport* report, const std::string& text) {
  report->trouble += (report->trouble.empty() ? "" : "; ") + text;
}

Result<std::string> find_library(const RecordOptions& options) {
  const std::string path =
      options.library_path.empty() ? library_path(kLibraryName) : options.library_path;
  if (::access(path.c_str(), R_OK) != 0) {
    return Error{Trouble::kEnvironment,
                 path + ": the recorder is not there; install crashreel again, or say where it is"};
  }
  if (path.find_first_of(": ") != std::string::npos) {
    return Error{Trouble::kEnvironment,
                 path + ": the loader takes no path with a space or colon; move crashreel"};
  }
  return path;
}

// A leftover of another process with our number is somebody's evidence and stays. Absolute, for a
// start script may change its directory.
std::string choose_ring_path(const RecordOptions& options) {
  if (!options.ring_path.empty()) return fs::absolute(options.ring_path);
  const std::string stem = "/dev/shm/crashreel-" + std::to_string(::getpid());
  std::string path = stem + ".ring";
  for (int i = 1; i < kMostRingNames && fs::exists(path); ++i) {
    path = stem + "." + std::to_string(i) + ".ring";
  }
  return path;
}

std::optional<SaveReason> reason_to_save(SaveOn save_on, const TakenRing& taken) {
  const CrashFacts& end = taken.ring.reel.crash;
  const bool was_asked = end.signal == SIGHUP || end.signal == SIGINT || end.signal == SIGTERM;
  if (end.signal != 0 && !was_asked) return SaveReason::kCrash;
  // By a sanitizer, or by a handler of its own for a fatal signal.
  const bool by_itself = !end.report.empty() || (taken.crash && is_end(*taken.crash, end));
  if (end.exit_status != 0 && by_itself) return SaveReason::kCrash;
  if (save_on == SaveOn::kCrash) return std::nullopt;
  if (end.signal != 0 || end.exit_status != 0) return SaveReason::kAbnormal;
  if (save_on == SaveOn::kAbnormal) return std::nullopt;
  return SaveReason::kAlways;
}

// The shelf on which this program's reels lie.
ReelShelf shelf_of(const RecordOptions& options) {
  return {.path = options.reel_path.empty() ? "./" : options.reel_path,
          .program = fs::path(options.argv[0]).filename(),
          .keep = options.keep_reels,
          .loop_time = options.loop_time};
}

void put_away(const SalvagedRing& ring, const ReelShelf& shelf, SavedReel* saved) {
  const Result<Shelved> shelved = shelve(ring.reel, *ring.inputs, shelf, ring.reel.program.pid,
                                         std::chrono::system_clock::now());
  if (!shelved) {
    saved->trouble = shelved.error().message;
    return;
  }
  saved->path = shelved->path;
  saved->skipped = shelved->skipped;
}

void count_inputs(const SalvagedRing& ring, RecordReport* report) {
  const Loss& loss = ring.reel.loss;
  report->inputs_kept = ring.counted_inputs;
  report->inputs_lost = loss.overwritten_inputs + loss.trimmed_inputs + loss.sparse_inputs +
                        loss.torn_inputs + loss.dropped_inputs;
  report->inputs_seen = report->inputs_kept + report->inputs_lost;
}

// A reel of the present moment, for the program runs on. Who asks by a signal is always obeyed; a
// program that asks is one that may ask too often.
SavedReel save_running(const RecordOptions& options, const std::string& ring_path,
                       SaveReason reason, const std::string& text) {
  SavedReel saved{.reason = reason, .path = "", .skipped = "", .trouble = "", .text = text};
  ReelShelf shelf = shelf_of(options);
  Result<TakenRing> taken = take_live_ring(ring_path, folder_of_shelf(shelf.path));
  if (!taken) {
    saved.trouble = taken.error().message;
    return saved;
  }
  Reel& reel = taken->ring.reel;
  reel.crash.reason = reason;
  reel.crash.still_running = true;
  saved.inputs = taken->ring.counted_inputs;
  if (reason == SaveReason::kSignal) shelf.loop_time = {};
  put_away(taken->ring, shelf, &saved);
  return saved;
}

// Makes a reel of the ring where that is wanted. The ring goes when it is not needed any more,
// which it is as long as its reel could not be written.
void take_from_ring(const RecordOptions& options, const std::string& ring_path, const RunEnd& end,
                    RecordReport* report) {
  report->ring_path = ring_path;
  const std::string next_step = "; the ring is kept, try: crashreel salvage " + ring_path;
  if (const Result<void> noted = note_end(ring_path, end.facts); !noted) {
    add_trouble(report, noted.error().message);
  }
  Result<TakenRing> taken = take_ring(ring_path);
  if (!taken) return add_trouble(report, taken.error().message + next_step);
  Reel& reel = taken->ring.reel;
  if (reel.crash.report.empty()) reel.crash.report = end.reports;
  report->recorded = true;
  report->fault = fault_text(reel.crash);
  count_inputs(taken->ring, report);
  if (const auto reason = reason_to_save(options.save_on, *taken)) {
    reel.crash.reason = *reason;
    SavedReel saved;
    put_away(taken->ring, shelf_of(options), &saved);
    if (!saved.trouble.empty()) return add_trouble(report, saved.trouble + next_step);
    report->reel_path = saved.path;
    report->skipped = saved.skipped;
  }
  if (options.keep_ring) return;
  std::error_code error;
  if (fs::remove(ring_path, error)) report->ring_path.clear();
}

RecordReport not_started(int status, std::string reason) {
  RecordReport report;
  report.status = status;
  report.trouble = std::move(reason);
  return report;
}

std::vector<std::string> settings_of(const RecordOptions& options) {
  std::vector<std::string> settings;
  const auto add = [&settings](const char* name, std::uint64_t number) {
    settings.push_back(name + std::to_string(number));
  };
  if (options.ring_bytes != 0) add("CRASHREEL_RING_BYTES=", options.ring_bytes);
  if (options.keep_inputs != 0) add("CRASHREEL_KEEP_INPUTS=", options.keep_inputs);
  if (options.keep_age.count() != 0) {
    add("CRASHREEL_KEEP_AGE_MS=", static_cast<std::uint64_t>(options.keep_age.count()));
  }
  if (options.prelude_bytes) add("CRASHREEL_PRELUDE_BYTES=", *options.prelude_bytes);
  if (!options.digests) settings.emplace_back("CRASHREEL_DIGESTS=none");
  if (options.every_clock) settings.emplace_back("CRASHREEL_CLOCK=every");
  if (options.payload_crc) settings.emplace_back("CRASHREEL_CRC=1");
  std::string names;
  for (const std::string& name : options.environment) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) settings.push_back("CRASHREEL_ENV=" + names);
  if (options.heads_bytes) add("CRASHREEL_HEADS_BYTES=", *options.heads_bytes);
  if (options.head_bytes != 0) add("CRASHREEL_HEAD_BYTES=", options.head_bytes);
  if (options.frames) add("CRASHREEL_FRAMES=", 1);
  if (!options.redact_rules.empty()) {
    settings.push_back("CRASHREEL_REDACT=" + options.redact_rules);
  }
  return settings;
}

}  // namespace

Result<RecordReport> record(const RecordOptions& options) {
  if (options.argv.empty()) {
    return Error{Trouble::kUsage, "no program was named; put it behind --"};
  }
  const ProgramCheck program = check_program(options.argv[0]);
  if (program.status != 0) return not_started(program.status, program.reason);
  const Result<std::string> library = find_library(options);
  if (!library) return library.error();

  const std::string ring_path = choose_ring_path(options);
  RecordReport report;
  const auto save = [&](SaveReason reason, const std::string& text) {
    report.while_running.push_back(save_running(options, ring_path, reason, text));
    if (options.saved) options.saved(report.while_running.back());
  };
  const Result<RunEnd> run = run_recorded({.path = program.path,
                                           .argv = options.argv,
                                           .library = *library,
                                           .first_library = program.first_library,
                                           .ring_path = ring_path,
                                           .settings = settings_of(options),
                                           .redact_rules = options.redact_rules,
                                           .pump_stdin = options.pump_stdin,
                                           .pick_reports = program.has_sanitizer,
                                           .save_signal = options.save_signal,
                                           .hang = options.hang,
                                           .stdout_to_stderr = options.stdout_to_stderr,
                                           .attend_fd = options.attend_fd,
                                           .attend = options.attend,
                                           .save = save});
  if (!run) return run.error();
  if (run->start_error != 0) {
    const int status = run->start_error == ENOENT ? kExitNotFound : kExitNotExecutable;
    return not_started(status, program.path + ": " + std::strerror(run->start_error));
  }

  report.started = true;
  report.signal = run->facts.signal;
  report.status = report.signal != 0 ? kExitSignalBase + report.signal : run->facts.exit_status;
  report.trouble = run->trouble;
  if (run->ring_was_made) {
    take_from_ring(options, ring_path, *run, &report);
  }
  return report;
}

}  // namespace crashreel
