// crashreel replay: does the crash come back?

#include "capture/reel/masks.h"
#include "harness/rate.h"
#include "harness/signature.h"
#include "tools/answers_text.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/outcome_lines.h"
#include "tools/own_report_text.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/replay.h"
#include "tools/quantity.h"
#include "tools/rate_text.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/replay_builds.h"
#include "tools/replay_options.h"
#include "tools/seeds_text.h"
#include "tools/start_options.h"
#include "tools/verbs.h"
#include "tools/visible.h"
#include "tools/work_line.h"

namespace crashreel {
namespace {

bool crashed_otherwise(const ReplayReport& report) {
  return report.similar + report.different > 0;
}

// Tries without an answer count against the rate: nobody saw them crash.
int status_of(const ReplayReport& report, std::uint64_t asked_percent) {
  auto reproduced = static_cast<std::uint64_t>(report.reproduced);
  auto tries = static_cast<std::uint64_t>(report.tries);
  if (reproduced > 0) {
    return reproduced * 100 >= asked_percent * tries ? kExitDone : kExitFlaky;
  }
  if (crashed_otherwise(report)) return kExitDifferent;
  return report.passed > 0 ? kExitNoCrash : kExitNotStarted;
}

// git bisect run: 0 is good, 125 can't be told, the others below 128 are bad.
constexpr int kBisectGood = 0;
constexpr int kBisectBad = 1;
constexpr int kBisectSkip = 125;

int bisect_status_of(const ReplayReport& report) {
  if (report.reproduced > 0) return kBisectBad;
  // Another crash hides whether this one would have come.
  return report.passed == report.tries ? kBisectGood : kBisectSkip;
}

int fixed_status_of(const ReplayReport& report) {
  if (report.reproduced > 0) return kExitNoCrash;
  if (crashed_otherwise(report)) return kExitDifferent;
  return report.passed == report.tries ? kExitDone : kExitNotStarted;
}

int crash_status_of(const ReplayReport& report) {
  return report.reproduced > 0 ? kExitDone : status_of(report, 0);
}

Result<Expectation> expectation_of(const Arguments& arguments) {
  if (arguments.has("bisect")) return Expectation::kFixed;
  if (!arguments.has("expect")) return Expectation::kNone;
  if (arguments.text("expect") == "crash") return Expectation::kCrash;
  if (arguments.text("expect") == "fixed") return Expectation::kFixed;
  return Error{Trouble::kUsage,
               "'--expect' is 'crash' or 'fixed', not '" + visible(arguments.text("expect")) + "'"};
}

// Of one try nothing can be said that its outcome does not say.
std::string rate_text(const ReplayReport& report, Expectation expectation, int asked_tries) {
  if (report.tries < 2) return "";
  if (expectation == Expectation::kNone && report.tries < asked_tries) {
    return "  of " + std::to_string(asked_tries) + " tries, which no other answers could change\n";
  }
  if (expectation == Expectation::kFixed && report.passed == report.tries) {
    return "  it still crashes in fewer than " + percent_at_most(rate_if_never_seen(report.tries)) +
           " of all runs (95 % confidence)\n";
  }
  if (expectation != Expectation::kNone) return "";  // the tries ended by what they showed
  return "  that is a rate " + between_text(rate_interval(report.reproduced, report.tries)) +
         " (95 % confidence)\n";
}

std::string counts_text(const ReplayReport& report) {
  auto of_tries = [&](int number) {
    return std::to_string(number) + " of " + std::to_string(report.tries);
  };
  std::string text = "reproduced " + of_tries(report.reproduced);
  if (report.passed > 0) text += ", no crash in " + of_tries(report.passed);
  if (report.similar > 0) text += ", a similar crash in " + of_tries(report.similar);
  if (report.different > 0) text += ", another crash in " + of_tries(report.different);
  if (report.hung > 0) text += ", a hang in " + of_tries(report.hung);
  if (report.unresolved > 0) text += ", no answer from " + of_tries(report.unresolved);
  return text;
}

std::string report_text(const ReplayReport& report, const Reel& reel, const ReplayOptions& asked,
                        const Console& console) {
  std::string text = console.strong(counts_text(report)) + "\n" +
                     rate_text(report, asked.expectation, asked.tries);
  for (const std::string& line : outcome_lines(report.outcomes)) text += "  " + line + "\n";
  if (report.similar > 0) text += "  the similar crash: " + visible(report.similarity) + "\n";
  if (report.different > 0) text += "  the other crash: " + visible(report.difference) + "\n";
  text += seeds_text(report.seeds, report.reproducing_seeds);
  const std::string answers = answers_text(report.answers, reel);
  if (!answers.empty()) text += "  " + answers + "\n";
  for (std::size_t i = 0; i < report.signature.frames.size(); ++i) {
    text += "  #" + std::to_string(i) + " " + frame_text(report.signature.frames[i]) + "\n";
  }
  text += own_report_text(report.program_report);
  return text;
}

Json answer_of(const ReplayReport& report, const ReplayOptions& asked) {
  Json answer = new_answer("replay");
  answer["tries"] = report.tries;
  answer["reproduced"] = report.reproduced;
  answer["similar"] = report.similar;
  answer["similarity"] = report.similarity.empty() ? Json() : Json(report.similarity);
  answer["different"] = report.different;
  answer["difference"] = report.difference.empty() ? Json() : Json(report.difference);
  answer["passed"] = report.passed;
  answer["hung"] = report.hung;
  answer["unresolved"] = report.unresolved;
  const RateInterval rate = rate_interval(report.reproduced, report.tries);
  // Where the tries ended by what they showed, they say nothing of the rate.
  const bool of_rate = asked.expectation == Expectation::kNone && report.tries == asked.tries;
  answer["rate_interval"] = of_rate ? Json{rate.low, rate.high} : Json();
  const bool never = report.passed == report.tries;
  answer["rate_below"] = never ? Json(rate_if_never_seen(report.tries)) : Json();
  answer["outcomes"] = report.outcomes;
  answer["seeds"] = Json::array();
  for (const std::uint64_t seed : report.seeds) {
    answer["seeds"].push_back(seed == 0 ? Json() : Json(seed));
  }
  answer["reproducing_seeds"] = report.reproducing_seeds;
  bool known = !report.signature.kind.empty();
  answer["signature"] = known ? Json(describe(report.signature)) : Json();
  answer["signature_from_replay"] = report.signature_from_replay;
  answer["frames"] = json_of(report.signature)["frames"];
  answer["program_report"] = report.program_report.empty() ? Json() : Json(report.program_report);
  answer["obstacle"] = report.obstacle.empty() ? Json() : Json(report.obstacle);
  answer["hints"] = report.hints;
  answer["left_out"] = report.left_out.empty() ? Json() : Json(report.left_out);
  answer["seconds"] = report.seconds;
  return answer;
}

Result<int> run_replay(const Arguments& arguments, Console& console) {
  Result<ReadReel> read = load(arguments.operands().front());
  if (!read) return read.error();
  report_damage(console, arguments.operands().front(), read->damage);

  if (arguments.has("build")) return replay_on_builds(read->reel, arguments, console);
  const Result<Expectation> expectation = expectation_of(arguments);
  if (!expectation) return expectation.error();

  WorkLine progress(console);
  ReplayOptions options;
  options.tries = static_cast<int>(arguments.count("tries"));
  options.jobs = static_cast<int>(arguments.count("jobs"));
  options.seed = arguments.count("seed");
  options.expectation = *expectation;
  if (arguments.has("rate")) options.enough_percent = arguments.count("rate");
  options.argv = arguments.program();
  options.progress = [&](int done, const Outcome& outcome) {
    progress.show(
        "tries", {static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(options.tries)},
        "try " + std::to_string(done) + " of " + std::to_string(options.tries), describe(outcome));
  };
  Result<ReplayReport> report = replay(read->reel, options);
  progress.clear();
  if (!report && arguments.has("bisect")) {
    console.complain("replay: " + report.error().message);
    return kBisectSkip;
  }
  if (!report) return report.error();

  if (!report->left_out.empty()) console.complain("replay: " + report->left_out);
  if (!report->obstacle.empty()) console.complain("replay: " + report->obstacle);
  for (const std::string& hint : report->hints) console.complain("replay: " + hint);
  if (console.json()) {
    Json answer = answer_of(*report, options);
    answer["answers"] = answers_json(report->answers);
    answer["divergence"] = divergence_json(report->answers, read->reel);
    answer["masked_inputs"] = masked_inputs(read->reel.inputs).size();
    console.answer(answer);
  } else {
    console.print(report_text(*report, read->reel, options, console));
  }
  if (arguments.has("bisect")) return bisect_status_of(*report);
  if (*expectation == Expectation::kFixed) return fixed_status_of(*report);
  if (*expectation == Expectation::kCrash) return crash_status_of(*report);
  return status_of(*report, arguments.has("rate") ? arguments.count("rate") : 100);
}

// What its tries are asked.
std::vector<Option> try_options() {
  return {tries_option("How many independent tries", "1"),
          jobs_option("How many of them at a time"),
          rate_option("How many of the tries in a hundred must crash in the same way for exit "
                      "status 0, all unless it is said; no more tries are made once that is "
                      "certain"),
          {.name = "expect",
           .value = Value::kText,
           .argument = "crash|fixed",
           .help = "Make no more tries than it takes to know: 'crash' ends at the first "
                   "that brings the crash back, 'fixed' at the first that crashes at all, "
                   "and says below which rate a crash that never came must lie"},
          {.name = "bisect",
           .help = "As '--expect fixed', with the exit statuses of 'git bisect run': 0 for "
                   "no crash, 1 for this crash, 125 where that can't be told"},
          {.name = "seed",
           .value = Value::kCount,
           .argument = "N",
           .help = "The first try's, of random bytes that the reel does not have; those of "
                   "the others follow. Which brought the crash is told",
           .fallback = "1",
           .most = 1'000'000'000'000},
          {.name = "build",
           .value = Value::kText,
           .argument = "PROGRAM",
           .help = "Run the reel on this build, with the reel's arguments, and print a "
                   "table of verdicts: the release first, then one with a sanitizer, an "
                   "older one, the fix",
           .repeated = true}};
}

}  // namespace

const Verb& replay_verb() {
  static const Verb verb{
      .name = "replay",
      .summary = "Replay a reel against a fresh instance: does the crash come back?",
      .text =
          "Each try starts the program anew in a directory of its own and gives it the inputs in "
          "their order. The program is the reel's, or the one behind '--', for example a build "
          "with "
          "a sanitizer or with the fix: its arguments are then those behind '--', too.\n\n"
          "Time stands where the reel says, and random bytes are those that production drew with "
          "the same input in hand. What is drawn beyond comes of a seed, which is printed: "
          "tries have seeds that follow one another, and the same seed draws the same.\n\n"
          "A program into which no player can be loaded (it is static, Go's, or set-user-ID) is "
          "fed "
          "from outside, over real sockets: its clock is the real one, its random bytes are its "
          "own, "
          "and that is said.\n\n"
          "Where production did not tell the stack of its crash, the first try that dies of the "
          "same signal defines it. Within one build crashes are the same by their exact frames, "
          "across builds by the top three functions of the program's own. What agrees in a part "
          "alone, such as another signal in the same functions, is another crash, and is counted "
          "as a similar one; the reason is said of the first similar and the first other crash. "
          "Hangs are counted apart, too.\n\n"
          "Where the reel has digests of what production answered, those of the first try are held "
          "against them, and the first input is named that was answered otherwise. If there is "
          "one, "
          "another try with another date and one connection more, which counts nowhere, shows what "
          "varies anyway: that is counted, neither the same nor a divergence.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = joined({start_options_with_leaks(), try_options()}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone,
                    "The same crash came back, as often as asked; with --expect fixed, no try "
                    "crashed; with --build, every build gave an answer"},
                   {kExitNoCrash, "It ran, no crash; with --expect fixed, it still crashes"},
                   {kExitDifferent, "It crashed, but differently"},
                   {kExitFlaky, "The same crash came back, but below the asked rate"},
                   {kExitNotStarted,
                    "The program did not start or can't be attached, or no try "
                    "gave an answer"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel replay crash.reel", "Against the program that was recorded"},
                   {"crashreel replay crash.reel --tries 10 --jobs 2 --rate 50 -- ./calc",
                    "Ten tries with a program of the given path; half of them are enough"},
                   {"crashreel replay crash.reel --expect crash --tries 20",
                    "At most twenty tries, and none after the first that brings it back"},
                   {"crashreel replay crash.reel --build ./calc --build ./calc-asan --tries 5",
                    "Five tries on each of two builds"}},
      .run = run_replay};
  return verb;
}

}  // namespace crashreel
