// crashreel corpus add, corpus list: reproducers as seeds of a fuzzer.

#include "corpus/store.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/pipeline/load.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

Result<int> run_add(const Arguments& arguments, Console& console) {
  const std::vector<std::string>& words = arguments.operands();
  Result<Store> store = Store::open(words.front(), /*create=*/true);
  if (!store) return store.error();
  Json seeds = Json::array();
  for (std::size_t i = 1; i < words.size(); ++i) {
    Result<ReadReel> read = load(words[i]);
    if (!read) return read.error();
    report_damage(console, words[i], read->damage);
    Result<Store::StoredSeed> seed = store->add(read->reel);
    if (!seed) return seed.error();
    seeds.push_back(
        {{"reel", words[i]}, {"name", seed->name}, {"path", seed->path}, {"is_new", seed->is_new}});
    if (console.json()) continue;
    std::string known = seed->is_new ? "" : " (was there already)";
    console.print(visible(words[i]) + " -> " + visible(seed->path) + known + "\n");
  }
  if (console.json()) {
    Json answer = new_answer("corpus add");
    answer["corpus"] = store->folder();
    answer["seeds"] = std::move(seeds);
    console.answer(answer);
  }
  return kExitDone;
}

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
  return json;
}

std::string entry_line(const Store::Entry& entry) {
  std::string what = visible(describe(entry.signature));
  if (entry.sidecar == Store::Sidecar::kMissing) what = "of a fuzzer: no reel beside it";
  if (entry.sidecar == Store::Sidecar::kDamaged) what = "the reel beside it is damaged";
  return visible(entry.name) + "  " + counted(entry.inputs, "input") + ", " +
         counted(entry.sessions, "session") + ", " + counted(entry.bytes, "byte") + ": " + what +
         "\n";
}

Result<int> run_list(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands().front(), /*create=*/false);
  if (!store) return store.error();
  Result<std::vector<Store::Entry>> entries = store->list();
  if (!entries) return entries.error();
  if (!console.json()) {
    for (const Store::Entry& entry : *entries) console.print(entry_line(entry));
    return kExitDone;
  }
  Json answer = new_answer("corpus list");
  answer["corpus"] = store->folder();
  answer["seeds"] = Json::array();
  for (const Store::Entry& entry : *entries) answer["seeds"].push_back(json_of(entry));
  console.answer(answer);
  return kExitDone;
}

}  // namespace

const Verb& corpus_add_verb() {
  static const Verb verb{
      .name = "corpus add",
      .summary = "Put reproducers into a fuzzer's corpus",
      .text =
          "DIR is a plain libFuzzer corpus and is made where it is missing: each reel becomes a "
          "seed that is named after its content. What a seed does not keep (program, files, crash) "
          "lies beside it in DIR/.crashreel, which libFuzzer does not look into. Adding the same "
          "inputs again changes nothing.",
      .operands = {{"DIR", "The corpus directory"},
                   {"FILE.reel", "A reel, best a minimized one", /*many=*/true}},
      .statuses = {{kExitDone, "All of them are in"},
                   {kExitDamaged, "A reel is damaged beyond use; those before it are in"}},
      .examples = {{"crashreel corpus add corpus min.reel", "A seed of a minimized reel"}},
      .run = run_add};
  return verb;
}

const Verb& corpus_list_verb() {
  static const Verb verb{
      .name = "corpus list",
      .summary = "List the seeds of a corpus and the crashes that they bring",
      .text =
          "One line a seed. Seeds that a fuzzer wrote are listed, too; of them no crash is known.",
      .operands = {{"DIR", "The corpus directory"}},
      .statuses = {{kExitDone, "Listed"}},
      .examples = {{"crashreel corpus list corpus", "What is in it?"}},
      .run = run_list};
  return verb;
}

}  // namespace crashreel
