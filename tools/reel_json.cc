#include "tools/reel_json.h"

#include <algorithm>

namespace crashreel {
namespace {

Json json_of(const Program& program) {
  Json json;
  json["kind"] = name_of(program.kind);
  json["executable"] = program.executable;
  json["argv"] = program.argv;
  json["env"] = program.env;
  json["working_directory"] = program.working_directory;
  json["build_id"] = program.build_id;
  json["pid"] = program.pid;
  json["start_realtime_ns"] = program.start_realtime_ns;
  return json;
}

// Without first and last where there are none, or where the inputs were not read.
Json places_of(const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  const std::uint64_t beside = totals.prelude_inputs + totals.head_inputs + totals.pinned_inputs;
  Json places;
  const auto add = [&](Place place, std::uint64_t records) {
    Json& json = places[name_of(place)] = {{"records", records}};
    const auto& span = summary.spans[static_cast<std::size_t>(place)];
    if (!span) return;
    json["first_seq"] = span->first;
    json["last_seq"] = span->second;
  };
  add(Place::kTail, totals.inputs - std::min(totals.inputs, beside));
  add(Place::kPrelude, totals.prelude_inputs);
  add(Place::kHead, totals.head_inputs);
  add(Place::kPinned, totals.pinned_inputs);
  return places;
}

Json kept_of(const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  return {{"inputs", totals.counted_inputs},  {"records", totals.inputs},
          {"bytes", totals.payload_bytes},    {"sessions", totals.sessions},
          {"prelude", totals.prelude_inputs}, {"earliest_ns", totals.earliest_ns},
          {"latest_ns", totals.latest_ns},    {"places", places_of(summary)}};
}

Json json_of(const KindCounts& kinds) {
  Json json = Json::object();
  for (std::size_t kind = 1; kind < kinds.size(); ++kind) {
    if (kinds[kind] != 0) json[name_of(static_cast<InputKind>(kind))] = kinds[kind];
  }
  return json;
}

Json json_of(const Loss& loss) {
  return {{"first_kept_seq", loss.first_kept_seq},
          {"overwritten_inputs", loss.overwritten_inputs},
          {"overwritten_bytes", loss.overwritten_bytes},
          {"trimmed_inputs", loss.trimmed_inputs},
          {"sparse_inputs", loss.sparse_inputs},
          {"cut_payloads", loss.cut_payloads},
          {"torn_inputs", loss.torn_inputs},
          {"dropped_inputs", loss.dropped_inputs},
          {"reaches_start", loss.reaches_start}};
}

Json json_of(const CrashFacts& crash) {
  Json json;
  json["known"] = crash.known;
  json["signal"] = crash.signal;
  json["exit_status"] = crash.exit_status;
  json["time_ns"] = crash.time_ns;
  json["signature"] = json_of(crash.signature);
  json["signature_from_replay"] = crash.signature_from_replay;
  return json;
}

Json redaction_json(const ReelFacts& facts) {
  return {{"rules", facts.redaction.rules},
          {"salvage_rules", facts.redaction.salvage_rules},
          {"masked_records", facts.masked_inputs},
          {"masked_facts", facts.redaction.masked_facts}};
}

Json json_of(const Damage& damage) {
  return {{"notes", damage.notes},
          {"lost_frames", damage.lost_frames},
          {"lost_inputs", damage.lost_inputs}};
}

}  // namespace

Json json_of(const Signature& signature) {
  Json json;
  json["kind"] = signature.kind;
  json["frames"] = Json::array();
  for (const Frame& frame : signature.frames) {
    json["frames"].push_back({{"module", frame.module},
                              {"build_id", frame.build_id},
                              {"offset", frame.offset},
                              {"symbol", frame.symbol}});
  }
  return json;
}

void add_summary(Json& object, const ReelSummary& summary) {
  bool known = summary.facts_known;
  object["program"] = known ? json_of(summary.facts.program) : Json();
  object["crash"] = known ? json_of(summary.facts.crash) : Json();
  object["kept"] = kept_of(summary);
  object["kinds"] = json_of(summary.kinds);
  object["lost"] = known ? json_of(summary.facts.loss) : Json();
  object["redaction"] = known ? redaction_json(summary.facts) : Json();
  object["files"] = Json::array();
  for (const FileSummary& file : summary.files) {
    object["files"].push_back({{"path", file.path}, {"mode", file.mode}, {"bytes", file.bytes}});
  }
  object["damage"] = json_of(summary.damage);
}

}  // namespace crashreel
