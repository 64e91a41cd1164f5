// crashreel corpus verify: which bugs are gone from this build?

#include <algorithm>

#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/corpus_text.h"
#include "tools/exit_status.h"
#include "tools/pipeline/verify_corpus.h"
#include "tools/quantity.h"
#include "tools/replay_options.h"
#include "tools/start_options.h"
#include "tools/verbs.h"
#include "tools/visible.h"
#include "tools/work_line.h"

namespace crashreel {
namespace {

constexpr int kBisectSkip = 125;

int status_of(BugState worst, bool bisect) {
  switch (worst) {
    case BugState::kFixed:
      return kExitDone;
    case BugState::kStillCrashes:
      return kExitNoCrash;
    case BugState::kChanged:
      return bisect ? kBisectSkip : kExitDifferent;
    case BugState::kUnresolved:
      return bisect ? kBisectSkip : kExitNotStarted;
  }
  return kExitFault;
}

std::string text_of(const BucketVerdict& verdict, const std::vector<SeedFacts>& facts) {
  std::string text =
      std::string(name_of(verdict.state)) + "  " + bucket_title(*verdict.bucket, facts) + "\n";
  for (const SeedVerdict& seed : verdict.seeds)
    text += "  " + visible(seed.name) + "  " + name_of(seed.state) + " (" +
            counted(static_cast<std::uint64_t>(seed.tries), "try") +
            "): " + without_controls(seed.detail) + "\n";
  return text;
}

Json json_of(const BucketVerdict& verdict, const std::vector<SeedFacts>& facts) {
  Json json = json_of(*verdict.bucket, facts);
  json["state"] = name_of(verdict.state);
  json["verdicts"] = Json::array();
  for (const SeedVerdict& seed : verdict.seeds)
    json["verdicts"].push_back({{"name", seed.name},
                                {"state", name_of(seed.state)},
                                {"tries", seed.tries},
                                {"detail", seed.detail}});
  return json;
}

// The buckets asked for: all, or that of one seed.
Result<std::vector<Bucket>> chosen(const Store::Listing& listing,
                                   const std::vector<SeedFacts>& facts,
                                   const Arguments& arguments) {
  std::vector<Bucket> buckets = buckets_of(facts);
  if (!arguments.has("only")) return buckets;
  const Result<Store::Entry> entry = Store::find(listing, arguments.text("only"));
  if (!entry) return entry.error();
  std::erase_if(buckets, [&](const Bucket& bucket) {
    return std::none_of(bucket.members.begin(), bucket.members.end(), [&](std::size_t at) {
      return !facts[at].removed && facts[at].name == entry->name;
    });
  });
  return buckets;
}

Result<int> run_corpus_verify(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands().front(), /*create=*/false);
  if (!store) return store.error();
  const Result<Store::Listing> listing = store->list();
  if (!listing) return listing.error();
  const std::vector<SeedFacts> facts = listing->all();
  const Result<std::vector<Bucket>> buckets = chosen(*listing, facts, arguments);
  if (!buckets) return buckets.error();

  VerifyOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.smallest_only = arguments.has("smallest");
  options.argv = arguments.program();
  WorkLine line(console);
  const std::size_t seeds = reproducers(*buckets, facts, options.smallest_only);
  const auto tries = static_cast<std::uint64_t>(options.tries);
  options.progress = [&](const std::string& name, int done, std::size_t before) {
    line.show("tries", {before * tries + static_cast<std::uint64_t>(done), seeds * tries},
              "reproducer " + std::to_string(before + 1) + " of " + std::to_string(seeds) +
                  ", try " + std::to_string(done) + " of " + std::to_string(tries),
              name);
  };
  options.each = [&](const BucketVerdict& verdict) {
    line.clear();
    if (!console.json()) console.print(text_of(verdict, facts));
  };
  const std::vector<BucketVerdict> verdicts = verify(*store, *buckets, facts, options);
  if (verdicts.empty())
    return Error{Trouble::kUsage, store->folder() +
                                      ": no seed in it has a crash; add a reproducer with "
                                      "'crashreel corpus add'"};
  if (console.json()) {
    Json answer = new_answer("corpus verify");
    answer["corpus"] = store->folder();
    answer["state"] = name_of(worst_of(verdicts));
    answer["buckets"] = Json::array();
    for (const BucketVerdict& verdict : verdicts)
      answer["buckets"].push_back(json_of(verdict, facts));
    console.answer(answer);
  }
  return status_of(worst_of(verdicts), arguments.has("bisect"));
}

}  // namespace

const Verb& corpus_verify_verb() {
  static const Verb verb{
      .name = "corpus verify",
      .summary = "Replay a corpus against a build: which bugs are fixed, which still crash?",
      .text =
          "Every reproducer is replayed against its own program, or the one behind '--'. A bucket "
          "is FIXED when none of its reproducers crashed, STILL CRASHES when one brought its "
          "crash, "
          "CHANGED when one crashed otherwise, and NO ANSWER when one could not be tried.",
      .operands = {{"DIR", "The corpus directory"}},
      .options = joined(
          {start_options(),
           {tries_option("At most so many tries of a reproducer; none after the first crash", "1"),
            jobs_option("How many of them at a time"),
            {.name = "smallest", .help = "Only the smallest reproducer of each bucket"},
            {.name = "only",
             .value = Value::kText,
             .argument = "SEED",
             .help = "Only the bucket that this seed lies in"},
            {.name = "bisect",
             .help = "With the exit statuses of 'git bisect run': 0 when all are fixed, 1 "
                     "when one still crashes, 125 where that can't be told"}}}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "All buckets are FIXED"},
                   {kExitNoCrash, "At least one STILL CRASHES"},
                   {kExitDifferent, "None still crashes, at least one is CHANGED"},
                   {kExitNotStarted, "Of at least one there is NO ANSWER, the others are fixed"}},
      .examples = {{"crashreel corpus verify corpus --tries 3 -- ./calc-fixed",
                    "Three tries of each reproducer against another build"}},
      .run = run_corpus_verify};
  return verb;
}

}  // namespace crashreel
