// crashreel corpus show: what is known of one seed?

#include "corpus/buckets.h"
#include "corpus/store.h"
#include "harness/signature.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/corpus_text.h"
#include "tools/exit_status.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

std::string known_or_not(const std::string& text) {
  return text.empty() ? "not known" : visible(text);
}

// Those of the bucket that the seed is in; none where no crash is known of it.
const Bucket* bucket_of(const std::vector<Bucket>& buckets, std::span<const SeedFacts> facts,
                        const std::string& name) {
  for (const Bucket& bucket : buckets)
    for (const std::size_t at : bucket.members)
      if (!facts[at].removed && facts[at].name == name) return &bucket;
  return nullptr;
}

std::string text_of(const Store::Entry& entry) {
  std::string text = seed_line(entry);
  text += "  from     " + known_or_not(entry.origin) + "\n";
  text += "  parent   " + known_or_not(entry.parent) + "\n";
  text += "  added    " + date_text(entry.added_ns) + "\n";
  text += "  crashed  " + date_text(entry.crashed_ns) + "\n";
  text += "  program  " + known_or_not(entry.executable) + ", build " +
          known_or_not(entry.build_id) + "\n";
  for (std::size_t i = 0; i < entry.signature.frames.size(); ++i)
    text += "  #" + std::to_string(i) + " " + frame_text(entry.signature.frames[i]) + "\n";
  return text;
}

Result<int> run_corpus_show(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands()[0], /*create=*/false);
  if (!store) return store.error();
  const Result<Store::Listing> listing = store->list();
  if (!listing) return listing.error();
  const Result<Store::Entry> entry = Store::find(*listing, arguments.operands()[1]);
  if (!entry) return entry.error();
  const std::vector<SeedFacts> facts = listing->all();
  const std::vector<Bucket> buckets = buckets_of(facts);
  const Bucket* bucket = bucket_of(buckets, facts, entry->name);
  if (console.json()) {
    Json answer = new_answer("corpus show");
    answer["corpus"] = store->folder();
    answer["seed"] = json_of(*entry);
    answer["bucket"] = bucket == nullptr ? Json() : json_of(*bucket, facts);
    console.answer(answer);
    return kExitDone;
  }
  console.print(text_of(*entry));
  if (bucket != nullptr) console.print("bucket: " + bucket_title(*bucket, facts) + "\n");
  return kExitDone;
}

}  // namespace

const Verb& corpus_show_verb() {
  static const Verb verb{
      .name = "corpus show",
      .summary = "Show what is known of a seed: where it came from, which bug it brings",
      .text =
          "Origin, the reel that it was made of (the SHA-1 of its file), dates, program and build, "
          "the stack of its crash and the bucket that it lies in. Its inputs 'crashreel show "
          "DIR/SEED --inputs' shows.",
      .operands = {{"DIR", "The corpus directory"},
                   {"SEED", "The seed's name, or as much of its beginning as no other has"}},
      .statuses = {{kExitDone, "Shown"}},
      .examples = {{"crashreel corpus show corpus \"$(ls corpus)\"",
                    "The only seed of a corpus, by its name"}},
      .run = run_corpus_show};
  return verb;
}

}  // namespace crashreel
