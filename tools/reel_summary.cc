#include "tools/reel_summary.h"

#include <ctime>
#include <sstream>

#include "harness/signal_names.h"
#include "harness/signature.h"
#include "tools/console.h"
#include "tools/keeping_rows.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/summary_row.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

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

std::string kind_text(TargetKind kind) {
  switch (kind) {
    case TargetKind::kServer:
      return "server";
    case TargetKind::kStdin:
      return "reads standard input";
    case TargetKind::kFunction:
      return "is called as functions";
  }
  return "unknown";
}

std::string program_rows(const Console& console, const Program& program) {
  std::string kind = kind_text(program.kind);
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

// Text as a program printed it, as far as a summary goes.
std::string report_rows(const Console& console, const std::string& report) {
  constexpr int kMostLines = 20;
  std::string rows;
  std::istringstream lines(report);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (count < kMostLines) rows += row(console, count == 0 ? "report" : "", visible(line));
  }
  if (count <= kMostLines) return rows;
  return rows +
         row(console, "",
             "and " + counted(static_cast<std::uint64_t>(count - kMostLines), "further line") +
                 ", by --json");
}

std::string signature_rows(const Console& console, const CrashFacts& crash) {
  const Signature& signature = crash.signature;
  if (signature.kind.empty()) return "";
  std::string from = crash.signature_from_replay ? "as a replay saw it" : "as production saw it";
  if (signature.frames.empty()) from += ", no stack known";
  std::string rows = row(console, "crash", visible(signature.kind) + ", " + from);
  for (std::size_t i = 0; i < signature.frames.size(); ++i) {
    rows += row(console, "", "#" + std::to_string(i) + " " + frame_text(signature.frames[i]));
  }
  return rows;
}

std::string crash_rows(const Console& console, const CrashFacts& crash) {
  bool crashed = crash.signal != 0 || !crash.signature.kind.empty();
  std::string ending = ending_text(crash);
  std::string rows = row(console, "ended", crashed ? console.alarming(ending) : ending);
  if (const std::string fault = fault_text(crash); !fault.empty()) {
    rows += row(console, "fault", fault);
  }
  rows += signature_rows(console, crash) + report_rows(console, crash.report);
  if (crash.reason == SaveReason::kUnknown) return rows;
  return rows + row(console, "saved", std::string("on ") + name_of(crash.reason));
}

std::string lineage_rows(const Console& console, const Lineage& lineage) {
  if (lineage == Lineage()) return "";
  std::string rows = row(console, "made from", visible(lineage.origin));
  if (!lineage.parent.empty()) rows += row(console, "", "SHA-1 " + visible(lineage.parent));
  return rows;
}

std::string file_rows(const Console& console, const ReelSummary& summary) {
  std::string rows;
  for (const FileSummary& file : summary.files) {
    rows += row(console, "file", visible(file.path) + ", " + bytes_text(file.bytes));
  }
  for (const FileDigest& file : summary.facts.file_digests) {
    rows += row(console, "large file",
                visible(file.path) + ", " + bytes_text(file.bytes) + ", not kept, " +
                    (file.digest ? "digest " + hex_text(*file.digest) : "no digest"));
  }
  return rows;
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
  rows += keeping_rows(console, summary);
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

void SummarizedInputs::rewind() {
  ++passes_;
  inputs_.rewind();
}

const Input* SummarizedInputs::next() {
  const Input* input = inputs_.next();
  if (input != nullptr && passes_ == 1) {
    totals_.add(*input);
    take_in(summary_, {input, 1});
  }
  return input;
}

ReelSummary SummarizedInputs::summary(const Reel& rest, const Damage& damage) const {
  ReelSummary summary = summary_;
  summary.facts = facts_of(rest, totals_);
  summary.damage = damage;
  for (const ReelFile& file : rest.files) {
    summary.files.push_back({file.path, file.mode, file.bytes.size()});
  }
  return summary;
}

ReelSummary summary_of(const ReadReel& read) {
  InputsInMemory all(read.reel.inputs);
  SummarizedInputs inputs(all);
  inputs.rewind();
  while (inputs.next() != nullptr) {
  }
  return inputs.summary(read.reel, read.damage);
}

std::string summary_text(const ReelSummary& summary, const Console& console) {
  const ReelFacts& facts = summary.facts;
  std::string text;
  if (summary.facts_known) {
    text = program_rows(console, facts.program) + crash_rows(console, facts.crash) +
           kept_rows(console, summary) + hidden_row(console, summary.kinds) +
           lost_rows(console, facts.loss) + lineage_rows(console, facts.lineage) +
           redaction_rows(console, facts);
  } else {
    text = row(console, "program", "not known: that part of the file is damaged") +
           kept_rows(console, summary) + hidden_row(console, summary.kinds);
  }
  return text + file_rows(console, summary);
}

std::string frame_text(const Frame& frame) {
  if (frame.symbol.empty()) return visible(describe(frame));
  Frame place = frame;
  place.symbol.clear();
  return visible(describe(place) + " " + frame.symbol);
}

std::string ending_text(const CrashFacts& crash) {
  if (crash.still_running) return "not yet: it ran on when the reel was made";
  if (!crash.known) return "not known: nobody saw it end";
  std::string how = crash.signal != 0 ? "killed by " + signal_name(crash.signal)
                                      : "exited with status " + std::to_string(crash.exit_status);
  return how + (crash.time_ns == 0 ? "" : " after " + seconds_text(crash.time_ns));
}

void report_written(Console& console, const std::string& verb, const std::string& path,
                    const ReelSummary& written) {
  if (console.json()) {
    Json answer = new_answer(verb);
    answer["output"] = path;
    add_summary(answer, written);
    return console.answer(answer);
  }
  const ReelTotals& totals = written.facts.totals;
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
