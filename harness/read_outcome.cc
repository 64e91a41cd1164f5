#include "harness/read_outcome.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "capture/runtime/output_digest.h"
#include "harness/complaint.h"
#include "harness/sanitizer.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostReport = 32 * 1024;

Ending ending_of(const Script& script, const ProcessEnd& end, TargetKind kind) {
  const auto state = static_cast<ScriptState>(script.header().state.load());
  if (state == ScriptState::kWritten) return Ending::kNotAttached;
  if (state == ScriptState::kDeaf) return Ending::kDeaf;
  if (state == ScriptState::kThreadMissed) return Ending::kThreadMissed;
  if (state == ScriptState::kStandstill) return Ending::kHung;
  if (end.by_signal) return Ending::kCrashed;
  if (state == ScriptState::kDone) return Ending::kSurvived;
  if (kind != TargetKind::kStdin && state < ScriptState::kListening) return Ending::kNotStarted;
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

// Whatever the program has written there.
std::vector<MissedFile> missed_files(const ScriptHeader& header) {
  std::vector<MissedFile> files;
  const std::uint32_t count = std::min(header.failed_opens.load(), kMostFailedOpens);
  for (const FailedOpen& failed : std::span(header.failed_open, count)) {
    files.push_back(
        {.path = {failed.path, ::strnlen(failed.path, kMaxFailedPath)}, .error = failed.error});
  }
  return files;
}

// It crashed, and however its own handler ended it then is no part of that.
bool has_spoken(const Script& script) {
  const ScriptHeader& header = script.header();
  return header.lets_speak != 0 && header.crash.is_handled != 0 &&
         header.state.load() == static_cast<std::uint32_t>(ScriptState::kCrashed);
}

// Where no offset is known the name's digest stands for it: one build's frames are compared by
// these.
std::uint64_t instead_of_offset(const std::string& function) {
  OutputDigest digest;
  digest.add(function.data(), function.size());
  return digest.value();
}

// However it ended: by the sanitizer, or as it would have. The stack is that of no moment, but of
// who had asked for the memory.
void note_leak(Outcome& outcome, const std::string& program) {
  outcome.ending = Ending::kCrashed;
  outcome.signature = {kLeakKind, {}};
  const std::string function = leaking_function(outcome.finding);
  if (function.empty()) return;
  outcome.signature.frames.push_back(
      {program.substr(program.rfind('/') + 1), {}, instead_of_offset(function), function});
}

}  // namespace

Outcome outcome_of(Instance& instance, const ProcessEnd& last, Wait wait, const Script& script,
                   const Target& target) {
  Outcome outcome;
  const bool spoke = has_spoken(script) && wait != Wait::kGivenUp;
  const ProcessEnd end = spoke ? ProcessEnd{true, script.header().crash.signal} : last;
  outcome.ending = spoke                    ? Ending::kCrashed
                   : wait == Wait::kHung    ? Ending::kHung
                   : wait == Wait::kGivenUp ? Ending::kGivenUp
                                            : ending_of(script, end, target.kind);
  outcome.code = end.code;
  if (outcome.ending == Ending::kCrashed) {
    outcome.signature = signature_for(script, target, end);
    outcome.is_handled = script.header().crash.is_handled != 0;
  }
  if (spoke) outcome.report = instance.output_tail(kMostReport, script.header().crash.printed);
  if (outcome.ending == Ending::kHung) {
    outcome.signature.kind = kHangKind;
    outcome.stands_still =
        script.header().state.load() == static_cast<std::uint32_t>(ScriptState::kStandstill);
  }
  if (outcome.ending == Ending::kCrashed && instance.ran_out_of_memory()) {
    outcome.signature = {kMemoryLimitKind, {}};
    outcome.memory_limit = target.sandbox.limits.most_memory();
  }
  outcome.output_tail = instance.output_tail();
  if (target.has_sanitizer && (end.by_signal || end.code != 0 || target.seeks_leaks)) {
    outcome.finding = finding_in(outcome.output_tail);
  }
  if (target.seeks_leaks && tells_of_leak(outcome.finding)) note_leak(outcome, target.executable);
  if (end.by_signal && end.code == SIGABRT) {
    outcome.complaint = complaint_in(outcome.output_tail);
  }
  const std::string exec_error = instance.exec_error();
  if (!exec_error.empty()) {
    outcome.ending = Ending::kNotStarted;
    outcome.output_tail = target.executable + ": " + exec_error;
  }
  outcome.answer_bytes = script.header().answer_bytes.load();
  outcome.answer_digest = script.header().answer_digest.load();
  outcome.made_random = script.header().made_random.load();
  outcome.bypassed = script.header().bypassed.load();
  outcome.missed_files = missed_files(script.header());
  return outcome;
}

}  // namespace crashreel
