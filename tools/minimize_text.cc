#include "tools/minimize_text.h"

#include "harness/signature.h"
#include "tools/console.h"
#include "tools/outcome_lines.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

std::string from_to(std::uint64_t before, std::uint64_t after, const char* what) {
  return grouped(before) + " -> " + counted(after, what);
}

}  // namespace

std::string minimize_text(const ShrinkReport& report, const std::string& output,
                          const Console& console) {
  std::string text =
      console.strong(from_to(report.inputs_before, report.inputs_after, "input") + ", " +
                     from_to(report.sessions_before, report.sessions_after, "session") + ", " +
                     from_to(report.bytes_before, report.bytes_after, "byte")) +
      "\n";
  text += "  " + visible(describe(report.signature)) + "\n";
  text += std::string("  ") +
          (report.one_minimal ? "without any one of these inputs the crash is gone"
                              : "not proven minimal: some input may be one too many") +
          "\n";
  if (report.too_rare) text += "  it comes too rarely for a proof: the best so far\n";
  text += "  reproduced " + std::to_string(report.confirmed) + " of " +
          std::to_string(report.confirmations) + "\n";
  text += "  " + counted(report.questions, "question") + " over inputs (log2 C(N,k) + k + 1 is " +
          grouped(report.bound) + "), " + grouped(report.byte_questions) + " over bytes, " +
          grouped(report.replayed_inputs) + " inputs replayed in " +
          std::to_string(report.seconds) + " s\n";
  for (const OtherCrash& other : report.others) {
    text += "  " + counted(other.seen, "choice") +
            " crashed differently, not accepted: " + visible(describe(other.signature)) + "\n";
  }
  if (report.recalled != 0) {
    text += "  " + counted(report.recalled, "answer") + " came from the journal\n";
  }
  if (report.masked_after != 0) {
    text += "  " + grouped(report.masked_after) + " of these inputs " +
            (report.masked_after == 1 ? "is" : "are") +
            " masked: what production saw there is not in the reel\n";
  }
  return text + "  written to " + visible(output) + "\n";
}

std::string no_crash_text(const ShrinkReport& report, const std::string& path) {
  std::string text = path + ": the whole of it did not bring its crash in " +
                     counted(report.outcomes.size(), "try") +
                     "; ask for more with: crashreel replay --tries 10 " + shell_text(path);
  for (const std::string& line : outcome_lines(report.outcomes)) text += "\n" + line;
  return text;
}

}  // namespace crashreel
