// crashreel corpus add: reproducers as seeds of a fuzzer.

#include <chrono>

#include "corpus/store.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/lineage.h"
#include "tools/pipeline/load.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// So many reels are made durable together.
constexpr std::size_t kBatch = 256;

std::uint64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

Result<Store::NewSeed> new_seed(const std::string& path, Console& console) {
  Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);
  Lineage from = lineage_of(path);
  return Store::NewSeed{
      std::move(read->reel),
      {.origin = std::move(from.origin), .parent = std::move(from.parent), .now_ns = now_ns()}};
}

Result<int> run_corpus_add(const Arguments& arguments, Console& console) {
  const std::vector<std::string>& words = arguments.operands();
  Result<Store> store = Store::open(words.front(), /*create=*/true);
  if (!store) return store.error();
  Json seeds = Json::array();
  for (std::size_t next = 1; next < words.size();) {
    std::vector<Store::NewSeed> batch;
    Result<void> trouble;
    for (; next < words.size() && batch.size() < kBatch; ++next) {
      Result<Store::NewSeed> seed = new_seed(words[next], console);
      if (!seed) {
        trouble = seed.error();
        break;
      }
      batch.push_back(*std::move(seed));
    }
    const Result<std::vector<Store::StoredSeed>> stored = store->add_all(batch);
    if (!stored) return stored.error();
    for (std::size_t i = 0; i < stored->size(); ++i) {
      const Store::StoredSeed& seed = (*stored)[i];
      const std::string& reel = batch[i].from.origin;
      seeds.push_back(
          {{"reel", reel}, {"name", seed.name}, {"path", seed.path}, {"is_new", seed.is_new}});
      const std::string known = seed.is_new ? "" : " (was there already)";
      if (!console.json())
        console.print(visible(reel) + " -> " + visible(seed.path) + known + "\n");
    }
    if (!trouble) return trouble.error();
  }
  if (console.json()) {
    Json answer = new_answer("corpus add");
    answer["corpus"] = store->folder();
    answer["seeds"] = std::move(seeds);
    console.answer(answer);
  }
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
          "lies beside it in DIR/.crashreel, which libFuzzer does not look into, with an index of "
          "where each came from and when. Adding the same inputs again changes nothing. Several "
          "may add at once.",
      .operands = {{"DIR", "The corpus directory"},
                   {"FILE.reel", "A reel, best a minimized one", /*many=*/true}},
      .statuses = {{kExitDone, "All of them are in"},
                   {kExitDamaged, "A reel is damaged beyond use; those before it are in"}},
      .examples = {{"crashreel corpus add corpus min.reel", "A seed of a minimized reel"}},
      .run = run_corpus_add};
  return verb;
}

}  // namespace crashreel
