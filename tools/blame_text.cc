#include "tools/blame_text.h"

#include <algorithm>

#include "harness/signature.h"
#include "tools/console.h"
#include "tools/outcome_lines.h"
#include "tools/quantity.h"
#include "tools/rate_text.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr std::size_t kShownUnconsumed = 10;
constexpr std::size_t kPreview = 48;

std::string of_text(int part, int whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

// "input 5 of 5, seq 17, session 1: PING\n".
std::string input_text(const Blamed& blamed, const Reel& reel) {
  const Input& input = reel.inputs[blamed.position];
  std::string text = "input " + grouped(blamed.number) + ", seq " + std::to_string(input.seq);
  if (input.session != kNoSession) text += ", session " + std::to_string(input.session);
  return text + ": " +
         (input.kind == InputKind::kData
              ? preview(input.data, kPreview)
              : std::string(name_of(input.kind)) + " " + preview(input.data, kPreview));
}

std::string answer_lines(const BlameReport& report, const Reel& reel, const Console& console) {
  if (report.basis == PoisonBasis::kTrigger) {
    return console.strong("poison and trigger: one and the same") + ", " +
           input_text(*report.trigger, reel) + "\n";
  }
  return console.strong("poison:  ") + input_text(*report.poison, reel) + "\n" +
         console.strong("trigger: ") + input_text(*report.trigger, reel) + "\n";
}

std::string trigger_line(const BlameReport& report) {
  std::string text = "  in flight in " + of_text(report.trigger_agreed, report.reproduced) +
                     (report.reproduced == 1 ? " crash" : " crashes") + " of " +
                     counted(static_cast<std::uint64_t>(report.tries), "run");
  if (report.reproduced < report.tries) {
    text += "; the crash comes in " + of_text(report.reproduced, report.tries) + ", a rate " +
            between_text(rate_interval(report.reproduced, report.tries));
  }
  return text + "\n";
}

// What was put behind the inputs in front of the trigger, one kind a line.
std::string continuation_lines(const BlameReport& report) {
  std::string text;
  for (const TriedContinuation& tried : report.continuations) {
    text += "    " + preview(tried.kind, 20) + ": ";
    if (!tried.benign) {
      text += "does harm by itself, so it says nothing\n";
    } else if (tried.dooms_after) {
      text += "crashes too, from input " + grouped(tried.dooms_after->number) + " on\n";
    } else {
      text += "avoids the crash up to the trigger\n";
    }
  }
  return text;
}

std::string tried_lines(const BlameReport& report) {
  const auto benign = std::ranges::count_if(report.continuations, &TriedContinuation::benign);
  if (benign == 0) return "  no benign continuation was found in the reel\n";
  std::string text =
      "  continuations, each one kind of input again and again in a new session "
      "and in the trigger's:\n" +
      continuation_lines(report);
  if (report.doomed_runs > 0) {
    text += "    behind that input they crashed in " + of_text(report.doomed, report.doomed_runs) +
            " runs, behind the one before it " + of_text(report.avoided, report.avoided_runs) +
            " did not\n";
  }
  return text;
}

std::string witness_lines(const Witness& witness, const Reel& reel) {
  std::string text = "  " + without_controls(witness.program) + ": ";
  if (!witness.at) {
    return text +
           (witness.obstacle.empty() ? "did not stop in any of " +
                                           counted(static_cast<std::uint64_t>(witness.tries), "run")
                                     : without_controls(witness.obstacle)) +
           "\n";
  }
  text += witness.finding.empty() ? "crashed" : visible(witness.finding);
  return text + ", in " + of_text(witness.agreed, witness.tries) + " runs at " +
         input_text(*witness.at, reel) + "\n";
}

// "  never read: 2 inputs before the trigger, seq 3, 4\n"; empty where there are none.
std::string list_line(const std::string& what, const std::vector<std::size_t>& positions,
                      const std::string& which, const Reel& reel) {
  if (positions.empty()) return "";
  std::string text =
      "  " + what + ": " + counted(positions.size(), "input") + " " + which + ", seq";
  for (std::size_t i = 0; i < std::min(positions.size(), kShownUnconsumed); ++i) {
    text += (i == 0 ? " " : ", ") + std::to_string(reel.inputs[positions[i]].seq);
  }
  return text + (positions.size() > kShownUnconsumed ? ", ... (--json has all)\n" : "\n");
}

std::string unconsumed_lines(const BlameReport& report, const Reel& reel) {
  const std::string& why = report.unread_unknown;
  return list_line("never read", report.unread, "before the trigger", reel) +
         (why.empty() ? "" : "  never read: more may be, for " + why + "\n") +
         list_line("never delivered", report.undelivered, "of sessions that the program had ended",
                   reel) +
         list_line("never consumed", report.unconsumed, "after the trigger", reel);
}

}  // namespace

std::string blame_text(const BlameReport& report, const Reel& reel, const Console& console) {
  if (!report.trigger) {
    std::string text = console.strong("the crash did not come back") + "\n";
    for (const std::string& line : outcome_lines(report.outcomes)) text += "  " + line + "\n";
    return text;
  }
  std::string text = answer_lines(report, reel, console) + trigger_line(report);
  if (report.witness) text += witness_lines(*report.witness, reel);
  text += tried_lines(report);
  if (report.last_needed) {
    text += "  the last before the trigger that can't be left out: " +
            input_text(*report.last_needed, reel) + "\n";
  }
  text += unconsumed_lines(report, reel);
  if (report.stopped) text += "  stopped before the end: more may be known later\n";
  return text + "  " + visible(describe(report.signature)) + "\n";
}

}  // namespace crashreel
