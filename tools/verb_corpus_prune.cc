// crashreel corpus prune: the smallest reproducers of each bug stay.

#include <algorithm>

#include "corpus/buckets.h"
#include "corpus/store.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/corpus_text.h"
#include "tools/exit_status.h"
#include "tools/quantity.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// Those of each bucket that lie behind the first `keep`.
std::vector<Store::Entry> larger_ones(const Store::Listing& listing, std::size_t keep) {
  std::vector<Store::Entry> larger;
  const std::vector<SeedFacts> facts = listing.all();
  for (const Bucket& bucket : buckets_of(facts)) {
    const std::size_t there = bucket.members.size() - bucket.removed;
    for (std::size_t i = std::min(keep, there); i < there; ++i)
      larger.push_back(listing.seeds[bucket.members[i]]);
  }
  return larger;
}

Result<int> run_corpus_prune(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands().front(), /*create=*/false);
  if (!store) return store.error();
  const Result<Store::Listing> listing = store->list();
  if (!listing) return listing.error();
  const std::vector<Store::Entry> larger = larger_ones(*listing, arguments.count("keep"));
  const bool does_it = !arguments.has("dry-run");
  if (does_it)
    if (Result<void> removed = store->remove(larger, /*remember=*/true); !removed)
      return removed.error();
  if (console.json()) {
    Json answer = new_answer("corpus prune");
    answer["corpus"] = store->folder();
    answer["dry_run"] = !does_it;
    answer["seeds"] = listing->seeds.size();
    answer["removed"] = Json::array();
    for (const Store::Entry& entry : larger) answer["removed"].push_back(entry.name);
    console.answer(answer);
    return kExitDone;
  }
  for (const Store::Entry& entry : larger) console.print(seed_line(entry));
  console.say(std::string(does_it ? "removed " : "would remove ") + counted(larger.size(), "seed") +
              " of " + grouped(listing->seeds.size()));
  return kExitDone;
}

}  // namespace

const Verb& corpus_prune_verb() {
  static const Verb verb{
      .name = "corpus prune",
      .summary = "Keep the smallest reproducers of each bug, and remove the others",
      .text =
          "What was removed still counts in its bucket. Seeds of which no crash is known are left "
          "alone: 'corpus merge' is for them. Temporary files that a killed writer left are "
          "removed, too.",
      .operands = {{"DIR", "The corpus directory"}},
      .options = {{.name = "keep",
                   .value = Value::kCount,
                   .argument = "N",
                   .help = "So many reproducers of each bug stay",
                   .fallback = "3"},
                  {.name = "dry-run", .help = "Only tell which ones would go"}},
      .statuses = {{kExitDone, "Pruned"}},
      .examples = {{"crashreel corpus prune corpus --keep 1", "The smallest one of each bug"}},
      .run = run_corpus_prune};
  return verb;
}

}  // namespace crashreel
