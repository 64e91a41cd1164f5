#include "tools/reel_json.h"

#include <algorithm>

#include "harness/signal_names.h"
#include "tools/quantity.h"

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

// The bounds of each place, and what they cost.
void add_keeping(const ReelFacts& facts, Json& places) {
  const Keeping& keeping = facts.keeping;
  places["tail"].update({{"room_bytes", keeping.tail_bytes},
                         {"most_inputs", keeping.most_inputs},
                         {"most_age_ns", keeping.most_age_ns},
                         {"overwritten", facts.loss.overwritten_inputs},
                         {"beyond_inputs", keeping.beyond_inputs},
                         {"beyond_age", keeping.beyond_age}});
  places["prelude"].update({{"room_bytes", keeping.prelude_bytes}, {"full", keeping.prelude_full}});
  places["head"].update({{"places", keeping.heads},
                         {"bytes_each", keeping.head_bytes},
                         {"open", keeping.heads_open},
                         {"full", keeping.heads_full},
                         {"with_gaps", keeping.heads_gapped},
                         {"refused", keeping.heads_refused}});
  places["pinned"].update({{"places", keeping.pins},
                           {"most_bytes", keeping.pin_bytes},
                           {"used", keeping.pins_used},
                           {"refused", keeping.pins_refused},
                           {"missed", keeping.pins_missed}});
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
  if (summary.facts.keeping.known) add_keeping(summary.facts, places);
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

Json json_of(const Lineage& lineage) {
  if (lineage == Lineage()) return {};
  return {{"origin", lineage.origin}, {"parent", lineage.parent}};
}

Json json_of(const CrashFacts& crash) {
  Json json;
  json["known"] = crash.known;
  json["signal"] = crash.signal;
  json["exit_status"] = crash.exit_status;
  json["time_ns"] = crash.time_ns;
  json["signature"] = json_of(crash.signature);
  json["signature_from_replay"] = crash.signature_from_replay;
  json["reason"] = name_of(crash.reason);
  json["still_running"] = crash.still_running;
  json["code"] = crash.code ? Json(*crash.code) : Json();
  // As text: more digits than a number keeps everywhere.
  json["address"] = crash.address ? Json("0x" + hex_text(*crash.address)) : Json();
  json["fault"] = fault_text(crash);
  json["report"] = crash.report;
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
  object["large_files"] = Json::array();
  for (const FileDigest& file : summary.facts.file_digests) {
    object["large_files"].push_back(
        {{"path", file.path},
         {"bytes", file.bytes},
         {"modified_realtime_ns", file.modified_realtime_ns},
         {"digest", file.digest ? Json(hex_text(*file.digest)) : Json()}});
  }
  object["lineage"] = known ? json_of(summary.facts.lineage) : Json();
  object["damage"] = json_of(summary.damage);
}

}  // namespace crashreel
