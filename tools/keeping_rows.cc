#include "tools/keeping_rows.h"

#include <algorithm>

#include "tools/quantity.h"
#include "tools/summary_row.h"

namespace crashreel {
namespace {

// From which seq to which, where all of the reel was read.
std::string span_text(const ReelSummary& summary, Place place) {
  const auto& span = summary.spans[static_cast<std::size_t>(place)];
  if (!span) return "";
  return ", seq " + grouped(span->first) + " to " + grouped(span->second);
}

// "so many of this" for each that is not 0, as a row of its own; empty where nothing was lost.
class Parts {
 public:
  void add(std::uint64_t number, const std::string& what) {
    if (number != 0) text_ += (text_.empty() ? "" : ", ") + grouped(number) + " " + what;
  }
  void say(const std::string& text) { text_ += (text_.empty() ? "" : ", ") + text; }
  std::string as_row(const Console& console) const {
    return text_.empty() ? "" : row(console, "", text_);
  }

 private:
  std::string text_;
};

std::string tail_rows(const Console& console, const ReelSummary& summary) {
  const Keeping& keeping = summary.facts.keeping;
  if (!keeping.known) return "";
  const ReelTotals& totals = summary.facts.totals;
  const std::uint64_t beside = totals.prelude_inputs + totals.head_inputs + totals.pinned_inputs;
  std::string rows =
      row(console, "tail",
          "the last " + counted(totals.inputs - std::min(totals.inputs, beside), "record") +
              span_text(summary, Place::kTail));
  Parts bounds;
  bounds.say("room for " + bytes_text(keeping.tail_bytes));
  if (keeping.most_inputs != 0) {
    bounds.say("at most " + counted(keeping.most_inputs, "input"));
  }
  if (keeping.most_age_ns != 0) {
    bounds.say("none older than " + seconds_text(keeping.most_age_ns));
  }
  rows += bounds.as_row(console);
  Parts lost;
  lost.add(summary.facts.loss.overwritten_inputs, "lost to the room");
  lost.add(keeping.beyond_inputs, "to the number of inputs");
  lost.add(keeping.beyond_age, "to the age");
  return rows + lost.as_row(console);
}

std::string prelude_rows(const Console& console, const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  if (totals.prelude_inputs == 0) return "";
  std::string rows = row(console, "prelude",
                         "the first " + counted(totals.prelude_inputs, "record") +
                             span_text(summary, Place::kPrelude));
  const Keeping& keeping = summary.facts.keeping;
  if (!keeping.known) return rows;
  return rows +
         row(console, "",
             "room for " + bytes_text(keeping.prelude_bytes) +
                 (keeping.prelude_full ? ", full: later ones are the tail's" : ", not full"));
}

std::string head_rows(const Console& console, const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  const Keeping& keeping = summary.facts.keeping;
  std::string rows;
  if (totals.head_inputs != 0 || keeping.heads_open + keeping.heads_refused != 0) {
    rows = row(console, "heads",
               counted(totals.head_inputs, "record") +
                   " with which sessions began that the tail does not reach" +
                   span_text(summary, Place::kHead));
  }
  if (rows.empty() || !keeping.known) return rows;
  rows +=
      row(console, "",
          "room for " + counted(keeping.heads, "session") + ", " + bytes_text(keeping.head_bytes) +
              " each; " + grouped(keeping.heads_open) + " open");
  Parts lost;
  lost.add(keeping.heads_full, "full: what came later is the tail's alone");
  lost.add(keeping.heads_gapped, "with gaps, where two threads read one session at once");
  lost.add(keeping.heads_refused, "without a place, or that lost it");
  return rows + lost.as_row(console);
}

std::string pin_rows(const Console& console, const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  const Keeping& keeping = summary.facts.keeping;
  std::string rows;
  if (totals.pinned_inputs + keeping.pins_used + keeping.pins_refused + keeping.pins_missed != 0) {
    rows = row(console, "pinned",
               counted(totals.pinned_inputs, "record") + ", the newest of a key each" +
                   span_text(summary, Place::kPinned));
  }
  if (rows.empty() || !keeping.known) return rows;
  rows += row(console, "",
              "room for " + counted(keeping.pins, "key") + ", inputs of at most " +
                  bytes_text(keeping.pin_bytes) + "; " + grouped(keeping.pins_used) + " taken");
  Parts lost;
  lost.add(keeping.pins_refused, "inputs whose key found no place");
  lost.add(keeping.pins_missed, "inputs too long or too busy to become the newest of their key");
  return rows + lost.as_row(console);
}

}  // namespace

std::string keeping_rows(const Console& console, const ReelSummary& summary) {
  return tail_rows(console, summary) + prelude_rows(console, summary) +
         head_rows(console, summary) + pin_rows(console, summary);
}

}  // namespace crashreel
