#include <algorithm>

#include "capture/reel/base64.h"
#include "harness/likeness.h"
#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/json.h"
#include "tools/reel_json.h"
#include "tools/report/data_forms.h"

namespace crashreel {
namespace {

const char* name_of(ByteFate fate) {
  switch (fate) {
    case ByteFate::kEssential:
      return "essential";
    case ByteFate::kSimplified:
      return "simplified";
    case ByteFate::kRemoved:
      return "removed";
  }
  return "";
}

Json json_of_rate(const std::optional<RateFact>& rate) {
  if (!rate) return {};
  const RateInterval interval =
      rate_interval(static_cast<int>(rate->reproduced), static_cast<int>(rate->tries));
  return {{"verb", rate->verb},
          {"reproduced", rate->reproduced},
          {"tries", rate->tries},
          {"interval", {interval.low, interval.high}}};
}

Json json_of_reduction(const std::optional<Reduction>& reduction) {
  if (!reduction) return {};
  Json json = {{"inputs_before", reduction->inputs_before},
               {"inputs_after", reduction->inputs_after},
               {"bytes_before", reduction->bytes_before},
               {"bytes_after", reduction->bytes_after},
               {"questions", reduction->questions},
               {"byte_questions", reduction->byte_questions},
               {"bound", reduction->bound},
               {"slips", reduction->slips},
               {"one_minimal", reduction->one_minimal}};
  json["curve"] = Json::array();
  for (const CurvePoint& point : reduction->curve) {
    json["curve"].push_back({point.question, point.inputs, point.bytes});
  }
  json["slip_questions"] = reduction->slip_questions;
  return json;
}

void add_evidence(const Evidence& evidence, Json& json) {
  json["rate"] = json_of_rate(evidence.rate);
  json["reduction"] = json_of_reduction(evidence.reduction);
  json["reach"] = evidence.reach ? Json{{"needed", evidence.reach->needed},
                                        {"inputs", evidence.reach->inputs},
                                        {"oldest_seq", evidence.reach->oldest_seq}}
                                 : Json();
  json["divergence"] = evidence.divergence ? Json{{"seq", evidence.divergence->seq}} : Json();
  json["blame"] = evidence.blame ? Json{{"poison_seq", evidence.blame->poison_seq},
                                        {"trigger_seq", evidence.blame->trigger_seq},
                                        {"basis", evidence.blame->basis},
                                        {"unconsumed", evidence.blame->unconsumed}}
                                 : Json();
}

Json json_of_payload(const ReportPayload& payload, const ReportModel& model) {
  Json json = {
      {"seq", model.inputs[payload.input].seq}, {"bytes", payload.bytes}, {"cut", payload.is_cut}};
  json["runs"] = Json::array();
  for (const DiffRun& run : payload.runs) {
    json["runs"].push_back({{"fate", name_of(run.fate)}, {"data", to_base64(run.bytes)}});
    if (!run.before.empty()) json["runs"].back()["before"] = to_base64(run.before);
  }
  return json;
}

}  // namespace

std::string json_of(const ReportModel& model) {
  Json json = new_answer("report");
  json["reel"] = model.reel_path;
  json["original"] = model.original_path ? Json(*model.original_path) : Json();
  json["signature"] = describe(model.crash.signature);
  json["frames"] = json_of(model.crash.signature)["frames"];
  json["frames_that_count"] = frames_that_count(model.crash.signature);
  json["signature_from_replay"] = model.crash.signature_from_replay;
  json["argv"] = model.program.argv;
  json["executable"] = model.program.executable;
  json["build_id"] = model.program.build_id;
  json["lost"] = {{"overwritten_inputs", model.loss.overwritten_inputs},
                  {"trimmed_inputs", model.loss.trimmed_inputs},
                  {"sparse_inputs", model.loss.sparse_inputs},
                  {"cut_payloads", model.loss.cut_payloads},
                  {"torn_inputs", model.loss.torn_inputs},
                  {"dropped_inputs", model.loss.dropped_inputs},
                  {"damaged_inputs", model.damaged_inputs},
                  {"first_kept_seq", model.loss.first_kept_seq},
                  {"reaches_start", model.loss.reaches_start}};
  add_evidence(model.evidence, json);
  json["kept_inputs"] = model.kept_inputs;
  json["kept_bytes"] = model.kept_bytes;
  json["sessions"] = Json::array();
  for (const ReportSession& session : model.sessions) {
    json["sessions"].push_back(
        {{"session", session.session == kNoSession ? Json() : Json(session.session)},
         {"opening", session.opening},
         {"inputs", session.inputs},
         {"kept", session.kept}});
  }
  json["input_columns"] = {"seq", "time_ns", "session", "bytes", "kept"};
  json["inputs"] = Json::array();
  for (const ReportInput& input : model.inputs) {
    json["inputs"].push_back({input.seq, input.time_ns,
                              input.session == kNoSession ? Json() : Json(input.session),
                              input.bytes, input.is_kept});
  }
  json["payloads"] = Json::array();
  for (const ReportPayload& payload : model.payloads) {
    json["payloads"].push_back(json_of_payload(payload, model));
  }
  json["not_known"] = model.not_known;
  json["reproduce"] = model.reproduce;
  return to_text(json) + "\n";
}

}  // namespace crashreel
