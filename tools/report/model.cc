#include "tools/report/model.h"

#include <algorithm>
#include <unordered_map>

#include "tools/visible.h"

namespace crashreel {
namespace {

using BySeq = std::unordered_map<std::uint64_t, const Input*>;

BySeq counted_by_seq(const Reel& reel) {
  BySeq inputs;
  for (const Input& input : reel.inputs) {
    if (counts_as_input(input.kind)) inputs[input.seq] = &input;
  }
  return inputs;
}

class Modelling {
 public:
  Modelling(const Reel& reel, const Reel& shown, ReportModel& model)
      : reel_(reel), shown_(shown), model_(model), kept_(counted_by_seq(reel)) {}

  void run() {
    add_inputs();
    add_payloads();
  }

 private:
  void add_inputs() {
    for (const Input& input : shown_.inputs) {
      if (input.kind == InputKind::kOpen) session_of(input.session).opening = input.data;
      if (!counts_as_input(input.kind)) continue;
      const bool is_kept = kept_.contains(input.seq);
      model_.inputs.push_back({.seq = input.seq,
                               .time_ns = input.time_ns,
                               .session = input.session,
                               .bytes = static_cast<std::uint32_t>(input.data.size()),
                               .is_kept = is_kept,
                               .is_signal = input.kind == InputKind::kSignal});
      model_.all_bytes += input.data.size();
      ReportSession& session = session_of(input.session);
      ++session.inputs;
      session.kept += is_kept;
    }
    std::erase_if(model_.sessions,
                  [](const ReportSession& session) { return session.inputs == 0; });
    for (const auto& [seq, input] : kept_) {
      ++model_.kept_inputs;
      model_.kept_bytes += input->data.size();
    }
  }

  ReportSession& session_of(std::uint32_t session) {
    const auto [place, is_new] = places_.try_emplace(session, model_.sessions.size());
    if (is_new) model_.sessions.push_back({.session = session});
    return model_.sessions[place->second];
  }

  // The last ones matter most, if not all can be shown.
  void add_payloads() {
    const BySeq before = &reel_ == &shown_ ? BySeq() : counted_by_seq(shown_);
    std::size_t room = kShownBytes;
    for (std::size_t i = model_.inputs.size(); i-- > 0;) {
      const auto kept = kept_.find(model_.inputs[i].seq);
      if (kept == kept_.end()) continue;
      if (model_.payloads.size() == kShownPayloads || room == 0) break;
      const std::string& now = kept->second->data;
      ReportPayload payload = {.input = i, .bytes = now.size()};
      const auto was = before.find(model_.inputs[i].seq);
      if (was == before.end()) {  // one byte more than is shown tells that there are more
        const std::string beginning = now.substr(0, kShownPayload + 1);
        payload.runs = diff_of(beginning, beginning);
      } else {
        payload.runs = diff_of(was->second->data, now);
      }
      cut(payload, std::min(room, kShownPayload));
      for (const DiffRun& run : payload.runs) room -= std::min(room, run.bytes.size());
      model_.payloads.push_back(std::move(payload));
    }
    std::ranges::reverse(model_.payloads);
  }

  static void cut(ReportPayload& payload, std::size_t most) {
    std::size_t shown = 0;
    for (std::size_t i = 0; i < payload.runs.size(); ++i) {
      DiffRun& run = payload.runs[i];
      if (shown + run.bytes.size() <= most) {
        shown += run.bytes.size();
        continue;
      }
      run.bytes.resize(most - shown);
      run.before.resize(std::min(run.before.size(), run.bytes.size()));
      payload.runs.resize(i + (run.bytes.empty() ? 0 : 1));
      payload.is_cut = true;
      return;
    }
  }

  const Reel& reel_;
  const Reel& shown_;
  ReportModel& model_;
  BySeq kept_;
  std::unordered_map<std::uint32_t, std::size_t> places_;
};

std::vector<std::string> what_is_not_known(const ReportModel& model) {
  std::vector<std::string> sentences;
  const Evidence& evidence = model.evidence;
  const auto ask = [&](bool known, const std::string& what, const std::string& verb) {
    if (!known) sentences.push_back(what + ": give the answer of 'crashreel " + verb + "'");
  };
  ask(evidence.rate.has_value(), "how often the crash comes back", "replay --tries 10 --json");
  ask(evidence.reach.has_value(), "how far back the reach goes", "reach --json");
  ask(evidence.divergence || evidence.divergence_looked_for,
      "where a replay first answers otherwise", "replay --json");
  ask(evidence.blame.has_value(), "which inputs are the poison and the trigger", "blame --json");
  ask(evidence.reduction.has_value(), "how the reel was reduced", "minimize --json");
  if (!model.original_path) {
    sentences.push_back(
        "which inputs and bytes a minimization left out: give the reel that it began with, by "
        "--original");
  }
  if (model.crash.signature.frames.empty()) {
    sentences.push_back("the stack: a replay or a minimization sees it");
  }
  return sentences;
}

std::string commands_for(const ReportModel& model) {
  const std::string reel = shell_text(model.reel_path);
  return "crashreel show " + reel + " --inputs\ncrashreel replay " + reel + " --tries 10\n";
}

}  // namespace

ReportModel model_of(const ReportSource& reel, const ReportSource& original, Evidence evidence) {
  ReportModel model;
  model.reel_path = reel.path;
  if (original.read != nullptr) model.original_path = original.path;
  const Reel& own = reel.read->reel;
  const Reel& shown = original.read != nullptr ? original.read->reel : own;
  model.program = own.program;
  model.crash = own.crash;
  model.loss = shown.loss;
  model.evidence = std::move(evidence);
  model.damaged_inputs = reel.read->damage.lost_inputs;
  if (original.read != nullptr) model.damaged_inputs += original.read->damage.lost_inputs;
  Modelling(own, shown, model).run();
  model.not_known = what_is_not_known(model);
  model.reproduce = commands_for(model);
  return model;
}

}  // namespace crashreel
