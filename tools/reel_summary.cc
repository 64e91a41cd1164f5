#include "tools/reel_summary.h"

#include <ctime>

#include "harness/signature.h"
#include "tools/console.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// One line of the summary; lines without a label belong to the one above.
std::string row(const Console& console, std::string_view label, const std::string& text) {
  std::string padded(label);
  padded.resize(12, ' ');  // the longest is "executable"
  return "  " + console.strong(padded) + text + "\n";
}

// As it was typed; which file that was is said apart.
std::string command_text(const Program& program) {
  std::string text = shell_text(program.argv.empty() ? program.executable : program.argv.front());
  for (std::size_t i = 1; i < program.argv.size(); ++i) text += " " + shell_text(program.argv[i]);
  return text;
}

std::string date_text(std::uint64_t realtime_ns) {
  auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  std::tm date{};
  char text[64];
  if (gmtime_r(&seconds, &date) == nullptr) return "unknown";
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &date);
  return text;
}

std::string program_rows(const Console& console, const Program& program) {
  std::string kind = program.kind == TargetKind::kStdin ? "reads standard input" : "server";
  std::string rows = row(console, "program", command_text(program));
  rows += row(console, "", kind + (program.pid != 0 ? ", pid " + std::to_string(program.pid) : ""));
  if (!program.argv.empty() && program.executable != program.argv.front()) {
    rows += row(console, "executable", visible(program.executable));
  }
  if (!program.build_id.empty()) rows += row(console, "build id", visible(program.build_id));
  if (!program.working_directory.empty()) {
    rows += row(console, "directory", visible(program.working_directory));
  }
  if (program.start_realtime_ns != 0) {
    rows += row(console, "started", date_text(program.start_realtime_ns));
  }
  return rows;
}

std::string crash_rows(const Console& console, const CrashFacts& crash) {
  bool crashed = crash.signal != 0 || !crash.signature.kind.empty();
  std::string ending = ending_text(crash);
  std::string rows = row(console, "ended", crashed ? console.alarming(ending) : ending);
  if (crash.signature.kind.empty()) return rows;
  const Signature& signature = crash.signature;
  std::string from = crash.signature_from_replay ? "as a replay saw it" : "as production saw it";
  if (signature.frames.empty()) from += ", no stack known";
  rows += row(console, "crash", visible(signature.kind) + ", " + from);
  for (std::size_t i = 0; i < signature.frames.size(); ++i) {
    rows += row(console, "", "#" + std::to_string(i) + " " + frame_text(signature.frames[i]));
  }
  return rows;
}

// From which seq to which, where all of the reel was read.
std::string span_text(const ReelSummary& summary, Place place) {
  const auto& span = summary.spans[static_cast<std::size_t>(place)];
  if (!span) return "";
  return ", seq " + grouped(span->first) + " to " + grouped(span->second);
}

std::string kept_rows(const Console& console, const ReelSummary& summary) {
  const ReelTotals& totals = summary.facts.totals;
  std::string rows =
      row(console, "kept",
          counted(totals.counted_inputs, "input") + " in " + counted(totals.sessions, "session"));
  // Openings, closings and the like are no inputs in the narrow sense, but their bytes are kept.
  rows += row(console, "",
              bytes_text(totals.payload_bytes) + " in " + counted(totals.inputs, "record") +
                  ", openings and closings among them");
  if (totals.latest_ns != 0) {
    rows += row(console, "",
                "from " + seconds_text(totals.earliest_ns) + " to " +
                    seconds_text(totals.latest_ns) + " after the program's start");
  }
  if (totals.prelude_inputs != 0) {
    rows += row(console, "prelude",
                "the first " + counted(totals.prelude_inputs, "record") +
                    span_text(summary, Place::kPrelude));
  }
  if (totals.head_inputs != 0) {
    rows += row(console, "heads",
                counted(totals.head_inputs, "record") +
                    " with which sessions began that the tail does not reach" +
                    span_text(summary, Place::kHead));
  }
  if (totals.pinned_inputs != 0) {
    rows += row(console, "pinned",
                counted(totals.pinned_inputs, "record") + ", the newest of a key each" +
                    span_text(summary, Place::kPinned));
  }
  return rows;
}

// What came in beside the sessions, and what went out.
std::string hidden_row(const Console& console, const KindCounts& kinds) {
  std::string text;
  const auto add = [&](InputKind kind, const std::string& one) {
    const std::uint64_t number = kinds[static_cast<std::size_t>(kind)];
    if (number != 0) text += (text.empty() ? "" : ", ") + counted(number, one);
  };
  add(InputKind::kSignal, "signal");
  add(InputKind::kRandom, "random draw");
  add(InputKind::kClock, "clock reading");
  add(InputKind::kNote, "note");
  add(InputKind::kDigest, "answer digest");
  return text.empty() ? "" : row(console, "", "among them " + text);
}

std::string lost_rows(const Console& console, const Loss& loss) {
  std::string rows;
  auto add = [&](std::uint64_t number, const std::string& what) {
    if (number != 0) rows += row(console, rows.empty() ? "lost" : "", grouped(number) + " " + what);
  };
  add(loss.overwritten_inputs, "overwritten by newer ones, " + bytes_text(loss.overwritten_bytes));
  add(loss.trimmed_inputs, "older than the newest that were asked for");
  add(loss.sparse_inputs, "older survivors with gaps among them");
  add(loss.cut_payloads, "with a payload that is not whole");
  add(loss.torn_inputs, "begun and not finished when the program ended");
  add(loss.dropped_inputs, "never recorded for lack of room");
  if (rows.empty()) rows = row(console, "lost", "nothing");
  if (loss.reaches_start) return rows + row(console, "reach", "back to the program's start");
  return rows + row(console, "reach",
                    console.alarming("not back to the program's start") + ": whole from input " +
                        grouped(loss.first_kept_seq) + " on");
}

std::string listed(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + visible(text);
  return list;
}

// What is not there because somebody asked for that.
std::string redaction_rows(const Console& console, const ReelFacts& facts) {
  const Redaction& redaction = facts.redaction;
  if (redaction.none() && facts.masked_inputs == 0) return "";
  std::string rows = row(console, "redacted",
                         counted(facts.masked_inputs, "record") + " and " +
                             counted(redaction.masked_facts, "fact") + " of the program in part");
  if (!redaction.rules.empty()) {
    rows += row(console, "", "while it was recorded, by the rules " + listed(redaction.rules));
    rows += row(console, "", "a secret that two reads share was not found");
  }
  if (!redaction.salvage_rules.empty()) {
    rows +=
        row(console, "", "when it was salvaged, by the rules " + listed(redaction.salvage_rules));
    rows += row(console, "",
                console.alarming("the ring itself held the clear bytes") +
                    ": remove it, and what was copied from it");
  }
  return rows;
}

}  // namespace

void take_in(ReelSummary& summary, std::span<const Input> inputs) {
  for (const Input& input : inputs) {
    ++summary.kinds[static_cast<std::size_t>(input.kind)];
    auto& span = summary.spans[static_cast<std::size_t>(input.place)];
    span = {span ? span->first : input.seq, input.seq};
  }
}

ReelSummary summary_of(const ReadReel& read) {
  const Reel& reel = read.reel;
  ReelSummary summary{.facts = {.totals = totals_of(reel.inputs),
                                .program = reel.program,
                                .loss = reel.loss,
                                .crash = reel.crash,
                                .redaction = reel.redaction,
                                .masked_inputs = count_masked(reel)},
                      .damage = read.damage};
  take_in(summary, reel.inputs);
  for (const ReelFile& file : reel.files) {
    summary.files.push_back({file.path, file.mode, file.bytes.size()});
  }
  return summary;
}

std::string summary_text(const ReelSummary& summary, const Console& console) {
  const ReelFacts& facts = summary.facts;
  std::string text;
  if (summary.facts_known) {
    text = program_rows(console, facts.program) + crash_rows(console, facts.crash) +
           kept_rows(console, summary) + hidden_row(console, summary.kinds) +
           lost_rows(console, facts.loss) + redaction_rows(console, facts);
  } else {
    text = row(console, "program", "not known: that part of the file is damaged") +
           kept_rows(console, summary) + hidden_row(console, summary.kinds);
  }
  for (const FileSummary& file : summary.files) {
    text += row(console, "file", visible(file.path) + ", " + bytes_text(file.bytes));
  }
  return text;
}

std::string frame_text(const Frame& frame) {
  if (frame.symbol.empty()) return visible(describe(frame));
  Frame place = frame;
  place.symbol.clear();
  return visible(describe(place) + " " + frame.symbol);
}

std::string ending_text(const CrashFacts& crash) {
  if (!crash.known) return "not known: nobody saw it end";
  std::string how = crash.signal != 0 ? "killed by " + signal_name(crash.signal)
                                      : "exited with status " + std::to_string(crash.exit_status);
  return how + (crash.time_ns == 0 ? "" : " after " + seconds_text(crash.time_ns));
}

void report_written(Console& console, const std::string& verb, const std::string& path,
                    const ReadReel& written) {
  ReelSummary summary = summary_of(written);
  if (console.json()) {
    Json answer = new_answer(verb);
    answer["output"] = path;
    add_summary(answer, summary);
    return console.answer(answer);
  }
  const ReelTotals& totals = summary.facts.totals;
  console.print(visible(path) + ": " + counted(totals.counted_inputs, "input") + " in " +
                counted(totals.sessions, "session") + ", " + bytes_text(totals.payload_bytes) +
                "\n");
}

void report_damage(Console& console, const std::string& path, const Damage& damage) {
  if (damage.none()) return;
  for (const std::string& note : damage.notes) console.complain(path + ": " + note);
  console.complain(path + ": damaged: " + counted(damage.lost_frames, "frame") + " and " +
                   counted(damage.lost_inputs, "input") + " are lost; the rest is good");
}

}  // namespace crashreel
