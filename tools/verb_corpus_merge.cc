// crashreel corpus merge: what a fuzzer needs of a corpus, and of production's sessions.

#include <chrono>

#include "corpus/store.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/merge_corpus.h"
#include "tools/quantity.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

std::string text_of(const MergeReport& report) {
  return counted(report.before, "seed") + " before, " + grouped(report.after) +
         " now: " + grouped(report.removed.size()) +
         " added nothing to the others' coverage and went, " + grouped(report.added.size()) +
         " came in; " + counted(report.reproducers, "reproducer") + " stayed\n" +
         (report.candidates == 0 ? ""
                                 : counted(report.candidates, "session") + " tried as seeds\n");
}

Result<int> run_corpus_merge(const Arguments& arguments, Console& console) {
  Result<Store> store = Store::open(arguments.operands().front(), /*create=*/true);
  if (!store) return store.error();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const MergeOptions options{
      .target = arguments.text("target"),
      .mined = arguments.all("mine"),
      .now_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count())};
  const Result<MergeReport> report = merge(*store, options);
  if (!report) return report.error();
  if (!console.json()) {
    console.print(text_of(*report));
    return kExitDone;
  }
  Json answer = new_answer("corpus merge");
  answer["corpus"] = store->folder();
  answer["seeds_before"] = report->before;
  answer["seeds_after"] = report->after;
  answer["reproducers"] = report->reproducers;
  answer["candidates"] = report->candidates;
  answer["added"] = report->added;
  answer["removed"] = report->removed;
  console.answer(answer);
  return kExitDone;
}

}  // namespace

const Verb& corpus_merge_verb() {
  static const Verb verb{
      .name = "corpus merge",
      .summary = "Keep the seeds that add coverage, and find more in production's sessions",
      .text =
          "Runs a libFuzzer target with -merge=1 over the corpus. Seeds that add nothing to the "
          "others' coverage are removed; reproducers stay, and so does what is known of every seed "
          "that stays. With --mine the sessions of a reel, which need not have crashed, become "
          "seeds where they add coverage.",
      .operands = {{"DIR", "The corpus directory; made where it is missing"}},
      .options = {{.name = "target",
                   .value = Value::kText,
                   .argument = "FUZZ_TARGET",
                   .help = "A program built with -fsanitize=fuzzer that takes seeds",
                   .required = true},
                  {.name = "mine",
                   .value = Value::kText,
                   .argument = "FILE.reel",
                   .help = "A reel whose sessions are candidates",
                   .repeated = true}},
      .statuses = {{kExitDone, "Merged"},
                   {kExitNotStarted, "The fuzz target could not be run, or failed"},
                   {kExitDamaged, "A reel is damaged beyond use; nothing was changed"}},
      .examples = {{"crashreel corpus merge corpus --target ./fuzz --mine crash.reel",
                    "The sessions of a reel that add coverage come in"}},
      .run = run_corpus_merge};
  return verb;
}

}  // namespace crashreel
