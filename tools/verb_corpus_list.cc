// crashreel corpus list: which bugs, which reproducers of each?

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

void tell_index(const Store::Listing& listing, Console& console) {
  if (listing.broken_lines > 0)
    console.complain("corpus list: " + counted(listing.broken_lines, "line") +
                     " of the index can't be read and " +
                     (listing.broken_lines == 1 ? "was" : "were") +
                     " passed over; the reels beside the seeds are used instead");
}

std::string buckets_text(const Store::Listing& listing, bool all) {
  const std::vector<SeedFacts> facts = listing.all();
  std::string text;
  for (const Bucket& bucket : buckets_of(facts)) {
    text += bucket_title(bucket, facts) + "\n";
    for (const std::size_t at : bucket.members) {
      if (facts[at].removed) continue;
      text += "  " + seed_line(listing.seeds[at]);
      if (!all) break;
    }
  }
  std::size_t crashless = 0;
  std::string lines;
  for (const Store::Entry& entry : listing.seeds) {
    if (!entry.signature.kind.empty()) continue;
    ++crashless;
    if (all || entry.sidecar == Store::Sidecar::kDamaged) lines += "  " + seed_line(entry);
  }
  if (crashless > 0) text += "no crash known: " + counted(crashless, "seed") + "\n" + lines;
  return text;
}

Result<int> run_corpus_list(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands().front(), /*create=*/false);
  if (!store) return store.error();
  const Result<Store::Listing> listing = store->list();
  if (!listing) return listing.error();
  tell_index(*listing, console);
  if (!console.json()) {
    console.print(buckets_text(*listing, arguments.has("all")));
    return kExitDone;
  }
  Json answer = new_answer("corpus list");
  answer["corpus"] = store->folder();
  const std::vector<SeedFacts> facts = listing->all();
  answer["buckets"] = Json::array();
  for (const Bucket& bucket : buckets_of(facts))
    answer["buckets"].push_back(json_of(bucket, facts));
  answer["seeds"] = Json::array();
  for (const Store::Entry& entry : listing->seeds) answer["seeds"].push_back(json_of(entry));
  answer["removed"] = listing->removed.size();
  console.answer(answer);
  return kExitDone;
}

}  // namespace

const Verb& corpus_list_verb() {
  static const Verb verb{
      .name = "corpus list",
      .summary = "List the bugs of a corpus, and the smallest reproducer of each",
      .text =
          "Crashes are laid into buckets, one a bug: the same kind of crash, and the same three "
          "frames of the program's own on top, by place within one build and by name across "
          "builds. The smallest reproducer of each is shown, the others are counted. Seeds that a "
          "fuzzer wrote are counted, too; of them no crash is known.",
      .operands = {{"DIR", "The corpus directory"}},
      .options = {{.name = "all", .help = "Every seed, not just the smallest of each bucket"}},
      .statuses = {{kExitDone, "Listed"}},
      .examples = {{"crashreel corpus list corpus", "Which bugs are in it?"}},
      .run = run_corpus_list};
  return verb;
}

}  // namespace crashreel
