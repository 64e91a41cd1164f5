#include "tools/corpus_text.h"

#include <ctime>

#include "harness/signature.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

const char* name_of(Store::Sidecar sidecar) {
  switch (sidecar) {
    case Store::Sidecar::kThere:
      return "there";
    case Store::Sidecar::kMissing:
      return "missing";
    case Store::Sidecar::kDamaged:
      return "damaged";
  }
  return "";
}

}  // namespace

std::string seed_line(const Store::Entry& entry) {
  std::string what = visible(describe(entry.signature));
  if (entry.sidecar == Store::Sidecar::kMissing) what = "no reel beside it, no crash known";
  if (entry.sidecar == Store::Sidecar::kDamaged) what = "the reel beside it is damaged";
  return visible(entry.name) + "  " + counted(entry.inputs, "input") + ", " +
         counted(entry.sessions, "session") + ", " + counted(entry.bytes, "byte") + ": " + what +
         "\n";
}

Json json_of(const Store::Entry& entry) {
  Json json;
  json["name"] = entry.name;
  json["bytes"] = entry.bytes;
  json["inputs"] = entry.inputs;
  json["sessions"] = entry.sessions;
  json["sidecar"] = name_of(entry.sidecar);
  json["signature"] = json_of(entry.signature);
  json["executable"] = entry.executable;
  json["build_id"] = entry.build_id;
  json["origin"] = entry.origin;
  json["parent"] = entry.parent;
  json["added_ns"] = entry.added_ns;
  json["crashed_ns"] = entry.crashed_ns;
  return json;
}

std::string bucket_title(const Bucket& bucket, std::span<const SeedFacts> facts) {
  const SeedFacts& top = facts[bucket.members.front()];
  std::string title = visible(describe(top.signature));
  const std::string program = top.executable.substr(top.executable.rfind('/') + 1);
  if (!program.empty()) title += " (" + visible(program) + ")";
  title += ": " + counted(bucket.members.size(), "reproducer");
  if (bucket.removed > 0) title += ", " + grouped(bucket.removed) + " of them removed";
  return title;
}

Json json_of(const Bucket& bucket, std::span<const SeedFacts> facts) {
  const SeedFacts& top = facts[bucket.members.front()];
  Json json;
  json["title"] = describe(top.signature);
  json["signature"] = json_of(top.signature);
  json["executable"] = top.executable;
  json["seeds"] = Json::array();
  for (const std::size_t at : bucket.members)
    if (!facts[at].removed) json["seeds"].push_back(facts[at].name);
  json["reproducers"] = bucket.members.size();
  json["removed"] = bucket.removed;
  return json;
}

std::string date_text(std::uint64_t ns_since_1970) {
  if (ns_since_1970 == 0) return "not known";
  const auto seconds = static_cast<std::time_t>(ns_since_1970 / kSecondNs);
  std::tm parts{};
  char text[64] = "";
  if (::gmtime_r(&seconds, &parts) != nullptr)
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace crashreel
