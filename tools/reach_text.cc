#include "tools/reach_text.h"

#include <algorithm>

#include "harness/signature.h"
#include "tools/console.h"
#include "tools/outcome_lines.h"
#include "tools/quantity.h"
#include "tools/reach_table.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// Where the reel knows of answers.
std::string answers_line(const Reel& reel) {
  const bool known = std::ranges::any_of(
      reel.inputs, [](const Input& input) { return input.kind == InputKind::kDigest; });
  return known ? "  'crashreel replay' says where the program first answers otherwise than it did\n"
               : "";
}

std::string moment_text(const Moment& moment, std::uint64_t end_ns) {
  return "input " + grouped(moment.seq) + ", " + seconds_text(moment.time_ns) +
         " after the start and " + seconds_text(end_ns - std::min(end_ns, moment.time_ns)) +
         " before the end";
}

std::string headline_of(const ReachReport& report) {
  const std::string all = grouped(report.inputs);
  switch (report.verdict) {
    case ReachVerdict::kSufficient:
      if (*report.needed == 0) return "sufficient: none of " + all + " inputs is needed";
      return "sufficient: " + grouped(*report.needed) + " of " + all +
             (*report.needed == 1 ? " inputs is " : " inputs are ") +
             (report.exact ? "needed" : "enough");
    case ReachVerdict::kTooShort:
      return "the ring was too short: at the oldest kept input, number " +
             grouped(report.oldest_kept.seq) + ", what the crash needs had already come";
    case ReachVerdict::kElsewhere:
      return "the ring was long enough, and yet no tail of these " + all +
             " inputs brings the crash: what it needs did not come by them";
    case ReachVerdict::kDifferent:
      return "no tail brings this crash, and all " + all + " inputs bring another one";
    case ReachVerdict::kUnanswered:
      return "no try of all " + all + " inputs gave an answer";
  }
  return "";
}

// What was found of the threshold, and how sure that is.
std::string threshold_lines(const ReachReport& report) {
  std::string text;
  if (*report.needed > 0) {
    text += "  the oldest of them is " + moment_text(report.oldest_needed, report.end_ns) + "\n";
  }
  if (!report.exact) {
    text += "  fewer may do: of " + grouped(report.passes) + " no crash is known" +
            (report.stopped ? ", and the search was stopped there" : "") + "\n";
  } else if (*report.needed > 0) {
    text += "  with one less there was no crash\n";
  }
  if (report.too_rare) text += "  it comes too rarely to search between these\n";
  if (report.flaky) text += "  it does not come in every run of what brings it\n";
  if (report.hindered) {
    text += "  some longer tail did not bring it: more inputs can prevent this crash\n";
  }
  if (report.beside > 0) {
    text += "  every tail had " + counted(report.beside, "input") +
            " more: prelude, heads and pins, which a ring keeps beside its tail\n";
  }
  return text;
}

// As `record --ring` takes it.
std::string ring_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKiB = 1 << 10, kMiB = 1 << 20;
  const bool whole = bytes % kMiB == 0;
  return "--ring " + std::to_string(whole ? bytes / kMiB : bytes / kKiB) + (whole ? "MiB" : "KiB");
}

std::string ring_line(const ReachReport& report, const Keeping& keeping) {
  if (!report.ring_bytes) return "  no ring is large enough for that\n";
  std::string text = "  'record " + ring_text(*report.ring_bytes) + "' keeps " +
                     counted(*report.needed, "input") + " of this size";
  if (keeping.known) text += "; here the tail had room for " + bytes_text(keeping.tail_bytes);
  return text + "\n";
}

// What cut the tail off, and what would have helped.
std::string shortage_lines(const ReachReport& report, const Reel& reel) {
  const Loss& loss = reel.loss;
  const Keeping& keeping = reel.keeping;
  std::string text = "  that is " + moment_text(report.oldest_kept, report.end_ns) + "\n";
  const std::uint64_t overwritten = loss.overwritten_inputs + loss.sparse_inputs;
  if (overwritten > 0) {
    text += "  " + counted(overwritten, "record") + " before it gave way to newer ones; ";
    text += report.ring_bytes
                ? "'record " + ring_text(*report.ring_bytes) + "' would have kept all\n"
                : "no ring would have kept all\n";
  }
  if (keeping.beyond_inputs > 0) {
    text += "  " + counted(keeping.beyond_inputs, "record") +
            " before it was left out by the bound of " + counted(keeping.most_inputs, "input") +
            ": record with more --inputs\n";
  }
  if (keeping.beyond_age > 0) {
    text += "  " + counted(keeping.beyond_age, "record") +
            " before it was left out for its age: " + "record with a longer --age\n";
  }
  return text + "  or it needs what never came by an input: a database, files, shared memory\n" +
         answers_line(reel);
}

}  // namespace

std::string reach_text(const ReachReport& report, const Reel& reel, const Console& console) {
  std::string text = console.strong(headline_of(report)) + "\n";
  switch (report.verdict) {
    case ReachVerdict::kSufficient:
      text += threshold_lines(report) + ring_line(report, reel.keeping);
      break;
    case ReachVerdict::kTooShort:
      text += shortage_lines(report, reel);
      break;
    case ReachVerdict::kElsewhere:
      text += answers_line(reel);
      text +=
          "  look for a database, files and shared memory that the program had then; 'crashreel "
          "show' says which files are in the reel\n";
      break;
    case ReachVerdict::kDifferent:
    case ReachVerdict::kUnanswered:
      break;
  }
  text += reach_table(report.points);
  if (report.verdict != ReachVerdict::kSufficient) {
    text += "  all inputs:\n";
    for (const std::string& line : outcome_lines(report.outcomes)) text += "    " + line + "\n";
    return text;
  }
  text += "  " + visible(describe(report.signature)) + "\n";
  return text;
}

}  // namespace crashreel
