#include "tools/pipeline/doctor.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "capture/reel/reel_reader.h"
#include "harness/served.h"
#include "harness/working_directory.h"
#include "tools/pipeline/attendant.h"
#include "tools/pipeline/obstacle.h"
#include "tools/pipeline/tries.h"
#include "tools/pipeline/why_not.h"

namespace crashreel {
namespace {

bool same_answers(const Outcome& one, const Outcome& other) {
  if (one.ending != other.ending || one.code != other.code ||
      one.answers.size() != other.answers.size()) {
    return false;
  }
  for (std::size_t i = 0; i < one.answers.size(); ++i) {
    if (one.answers[i].to != other.answers[i].to ||
        one.answers[i].digest != other.answers[i].digest) {
      return false;
    }
  }
  return true;
}

// By a signal that asks for an end a program need not be crashing; by its last input it may.
bool ended_alike(const Outcome& replay, const CrashFacts& recorded) {
  const int signal = recorded.signal;
  const bool was_ended =
      signal == 0 || signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
  if (!was_ended) return replay.ending == Ending::kCrashed;
  return replay.ending == Ending::kSurvived || replay.ending == Ending::kExited;
}

Finding finding_of(const Examination& seen) {
  const AnswerComparison& answers = seen.answers;
  if (seen.answers.first || seen.replay->undelivered != 0 ||
      !ended_alike(*seen.replay, seen.reel.crash)) {
    return Finding::kDiverges;
  }
  if (answers.varying != 0 || !seen.repeats) return Finding::kVarying;
  return answers.same != 0 ? Finding::kFaithful : Finding::kUnknown;
}

class Doctor {
 public:
  Doctor(const ExamineOptions& options, Examination& seen) : options_(options), seen_(seen) {}

  Result<void> run() {
    auto folder = WorkingDirectory::create({});
    if (!folder) return folder.error();
    // Below it: the folder itself is locked, as is that in which reels are put away.
    const std::string below = folder->path() + "/reels";
    ::mkdir(below.c_str(), 0700);
    const std::string kept = options_.reel_path.empty() ? below + "/run.reel" : options_.reel_path;
    if (auto recorded = record_into(kept); !recorded) return recorded;
    if (seen_.finding == Finding::kNotRecorded) return {};
    auto read = read_reel(seen_.recorded.reel_path);
    if (!read) return read.error();
    seen_.reel = std::move(read->reel);
    seen_.sources = sources_in(seen_.reel);
    if (look_) {
      for (Source& source : sources_in(*look_, seen_.reel)) {
        seen_.sources.push_back(std::move(source));
      }
    }
    if (seen_.recorded.inputs_kept == 0) return {};
    return replay_twice();
  }

 private:
  void say(const std::string& text) const {
    if (options_.say) options_.say(text);
  }

  Result<void> record_into(const std::string& reel_path) {
    RecordOptions options;
    options.argv = options_.argv;
    options.reel_path = reel_path;
    options.save_on = SaveOn::kAlways;
    options.every_clock = true;
    options.stdout_to_stderr = true;
    options.loop_time = {};
    options.ring_path = doctor_ring_path();
    auto attendant = Attendant::make({.driver = options_.driver,
                                      .most_time = options_.most_time,
                                      .ring_path = options.ring_path});
    if (!attendant) return attendant.error();
    options.attend_fd = attendant->fd();
    options.attend = [&](pid_t program) { return attendant->step(program); };
    say(options_.driver.empty() ? "recording; talk to the program now, or let it work"
                                : "recording while the command talks to the program");
    auto recorded = record(options);
    if (!recorded) return recorded.error();
    seen_.recorded = *std::move(recorded);
    seen_.driver_status = attendant->driver_status();
    look_ = attendant->look();
    seen_.was_looked_at = look_.has_value();
    if (!seen_.recorded.started || !seen_.recorded.recorded || seen_.recorded.reel_path.empty()) {
      seen_.finding = Finding::kNotRecorded;
      seen_.obstacle =
          seen_.recorded.trouble.empty() ? "no ring is left of it" : seen_.recorded.trouble;
    } else if (!attendant->trouble().empty()) {
      seen_.hints.push_back(attendant->trouble());
    }
    return {};
  }

  Result<void> not_replayed(const std::string& why) {
    seen_.finding = Finding::kNotReplayed;
    seen_.obstacle = why;
    return {};
  }

  Result<void> replay_twice() {
    auto target = target_of(seen_.reel, std::nullopt);
    if (!target && target.error().trouble == Trouble::kTarget) {
      return not_replayed(target.error().message);
    }
    if (!target) return target.error();
    Tries tries(std::move(*target), seen_.reel, 1);
    const Sequence whole = whole_sequence(seen_.reel);
    if (tries.target().kind == TargetKind::kServer) {
      seen_.left_out = unserved_text(whole, tries.target().from_outside);
    }
    say("replaying");
    const ScriptOptions plain{.keeps_answers = true};
    auto first = tries.run_as(whole, plain);
    if (!first) return first.error();
    const std::string obstacle = obstacle_of(*first, tries.target());
    if (!obstacle.empty()) return not_replayed(obstacle);
    auto second = tries.run_as(whole, plain);
    if (!second) return second.error();
    seen_.repeats = same_answers(*first, *second);
    const std::vector<RecordedAnswer> recorded = recorded_answers(seen_.reel);
    seen_.answers = compare_answers(recorded, first->answers, {});
    if (seen_.answers.first) {
      auto varied = tries.run_as(whole, {.keeps_answers = true, .varied = true});
      if (!varied) return varied.error();
      seen_.answers = compare_answers(recorded, first->answers, varied->answers);
    }
    seen_.replay = *std::move(first);
    for (const std::string& hint :
         {unread_hint(*seen_.replay), undelivered_hint(*seen_.replay),
          unanswered_hint(*seen_.replay), made_random_hint(*seen_.replay)}) {
      if (!hint.empty()) seen_.hints.push_back(hint);
    }
    seen_.finding = finding_of(seen_);
    return {};
  }

  const ExamineOptions& options_;
  Examination& seen_;
  std::optional<ProcessLook> look_;
};

}  // namespace

const char* name_of(Finding finding) {
  switch (finding) {
    case Finding::kFaithful:
      return "faithful";
    case Finding::kVarying:
      return "varying";
    case Finding::kDiverges:
      return "diverges";
    case Finding::kUnknown:
      return "unknown";
    case Finding::kNotReplayed:
      return "not replayed";
    case Finding::kNotRecorded:
      return "not recorded";
  }
  return "";
}

std::string doctor_ring_path() {
  return "/dev/shm/crashreel-doctor-" + std::to_string(::getpid()) + ".ring";
}

Result<std::unique_ptr<Examination>> examine(const ExamineOptions& options) {
  auto seen = std::make_unique<Examination>();
  if (auto examined = Doctor(options, *seen).run(); !examined) return examined.error();
  return seen;
}

}  // namespace crashreel
