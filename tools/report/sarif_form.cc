#include "harness/likeness.h"
#include "harness/signature.h"
#include "tools/json.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/report/data_forms.h"

namespace crashreel {
namespace {

constexpr char kSchema[] = "https://json.schemastore.org/sarif-2.1.0.json";

std::string rule_of(const Signature& signature) {
  return signature.kind.empty() ? "crash" : signature.kind;
}

std::string message_of(const ReportModel& model) {
  std::string text = model.crash.signature.kind.empty() ? ending_text(model.crash)
                                                        : describe(model.crash.signature);
  text += ", by " + counted(model.kept_inputs, "input");
  if (model.evidence.rate) {
    text += ", came back in " + grouped(model.evidence.rate->reproduced) + " of " +
            counted(model.evidence.rate->tries, "run");
  }
  if (model.evidence.blame) {
    text += ", poison input " + std::to_string(model.evidence.blame->poison_seq) +
            ", trigger input " + std::to_string(model.evidence.blame->trigger_seq);
  }
  return text;
}

Json location_of(const Frame& frame) {
  Json place = {{"fullyQualifiedName", describe(frame)}};
  if (!frame.symbol.empty()) place["name"] = frame.symbol;
  place["kind"] = frame.symbol.empty() ? "module" : "function";
  return {{"logicalLocations", Json::array({place})}, {"message", {{"text", describe(frame)}}}};
}

Json stack_of(const Signature& signature) {
  Json frames = Json::array();
  for (const Frame& frame : signature.frames) {
    Json one = {{"location", location_of(frame)}};
    if (!frame.module.empty()) one["module"] = frame.module;
    frames.push_back(one);
  }
  return {{"frames", frames}};
}

// The same for every reel of one crash: what results are recognised by.
std::string fingerprint_of(const Signature& signature) {
  return describe(signature, frames_that_count(signature));
}

}  // namespace

std::string sarif_of(const ReportModel& model) {
  const Signature& signature = model.crash.signature;
  Json result = {{"ruleId", rule_of(signature)}, {"level", "error"}};
  result["message"] = {{"text", message_of(model)}};
  result["locations"] = Json::array();
  if (!signature.frames.empty()) {
    result["locations"].push_back(location_of(signature.frames.front()));
    result["stacks"] = Json::array({stack_of(signature)});
  }
  result["partialFingerprints"] = {{"crashreelSignature/v1", fingerprint_of(signature)}};
  result["properties"] = {{"reel", model.reel_path},      {"buildId", model.program.build_id},
                          {"inputs", model.kept_inputs},  {"bytes", model.kept_bytes},
                          {"reproduce", model.reproduce}, {"notKnown", model.not_known}};
  Json driver = {{"name", "crashreel"}};
  driver["rules"] = Json::array({{{"id", rule_of(signature)}}});
  Json run = {{"tool", {{"driver", driver}}}};
  run["results"] = Json::array({result});
  Json log = {{"$schema", kSchema}, {"version", "2.1.0"}};
  log["runs"] = Json::array({run});
  return to_text(log) + "\n";
}

}  // namespace crashreel
