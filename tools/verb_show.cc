// crashreel show: what is in a reel.

#include "capture/reel/jsonl.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/input_table.h"
#include "tools/lanes_text.h"
#include "tools/pipeline/load.h"
#include "tools/quantity.h"
#include "tools/reel_json.h"
#include "tools/reel_summary.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

// A summary needs the ends of a file alone. Up to here all of it is read nevertheless, so that
// damage anywhere is told; this much takes well below a second. What compresses well is more work
// than its file is large.
constexpr std::uint64_t kCheckedWholeBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kCheckedWholeInputs = 1'000'000;

bool is_soon_read(const OpenReel& reel) {
  if (reel.file_bytes() > kCheckedWholeBytes) return false;
  const std::optional<ReelFacts> facts = reel.facts();
  return !facts || (facts->totals.payload_bytes <= 4 * kCheckedWholeBytes &&
                    facts->totals.inputs <= kCheckedWholeInputs);
}

// Which inputs were asked for.
struct Range {
  std::uint64_t from = 0;  // seq
  std::uint64_t count = UINT64_MAX;

  bool is_all() const { return from == 0 && count == UINT64_MAX; }
};

Range range_of(const Arguments& arguments) {
  Range range;
  if (arguments.has("from")) range.from = arguments.count("from");
  if (arguments.has("count")) range.count = arguments.count("count");
  return range;
}

// Reads no more of the reel than these lie in.
template <typename Use>
void for_each_input(OpenReel& reel, Range range, Use&& use) {
  reel.seek_seq(range.from);
  while (range.count != 0) {
    const std::optional<InputBlock> block = reel.next();
    if (!block) return;
    for (const Input& input : block->inputs) {
      if (input.seq < range.from || range.count == 0) continue;
      --range.count;
      use(input);
    }
  }
}

void print_table(OpenReel& reel, const Range& range, Console& console) {
  console.print(console.strong(input_table_head()) + "\n");
  std::optional<Input> previous;
  std::size_t columns = console.columns();
  for_each_input(reel, range, [&](const Input& input) {
    // What lies between the prelude, or a head, and the tail was overwritten.
    if (previous && previous->place != input.place && input.seq != previous->seq + 1) {
      std::string gap = grouped(input.seq - previous->seq - 1) + " not kept";
      console.print(console.faint("     ... " + gap) + "\n");
    }
    console.print(input_row(input, columns) + "\n");
    previous = input;
  });
}

void print_lines(OpenReel& reel, const Range& range, Console& console) {
  for_each_input(reel, range, [&](const Input& input) { console.print(to_jsonl(input) + "\n"); });
}

void print_lanes(OpenReel& reel, const Range& range, Console& console) {
  LanesText lanes;
  for_each_input(reel, range, [&](const Input& input) { lanes.add(input); });
  console.print(lanes.text(console.columns()));
}

Json array_of_inputs(OpenReel& reel, const Range& range, ReelSummary& summary) {
  Json inputs = Json::array();
  for_each_input(reel, range, [&](const Input& input) {
    if (range.is_all()) take_in(summary, {&input, 1});
    inputs.push_back(Json::parse(to_jsonl(input)));
  });
  return inputs;
}

// Reads to the end, for the damage that lies on the way, and for what lies where.
void check_rest(OpenReel& reel, ReelSummary& summary) {
  while (std::optional<InputBlock> block = reel.next()) take_in(summary, block->inputs);
}

Result<ReelSummary> summarize(OpenReel& reel, const std::string& path) {
  ReelSummary summary;
  if (std::optional<ReelFacts> facts = reel.facts()) {
    summary.facts = *std::move(facts);
  } else {
    // Both copies are lost: what is left must be counted.
    Result<ReadReel> rest = load(path);
    if (!rest) return rest.error();
    summary = summary_of(*rest);
    summary.facts_known = false;
  }
  summary.files.clear();
  summary.kinds = {};
  summary.spans = {};
  for (const ReelFile& file : reel.files()) {
    summary.files.push_back({file.path, file.mode, file.bytes.size()});
  }
  return summary;
}

Result<int> show_summary(OpenReel& reel, const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<ReelSummary> summary = summarize(reel, path);
  if (!summary) return summary.error();
  Json inputs;
  const Range range = range_of(arguments);
  const bool with_inputs = arguments.has("inputs");
  bool checked = with_inputs ? range.is_all() : arguments.has("check") || is_soon_read(reel);
  if (with_inputs) {
    inputs = array_of_inputs(reel, range, *summary);
  } else if (checked) {
    check_rest(reel, *summary);
  }
  summary->damage = reel.damage();
  if (!checked && !with_inputs)
    console.say(path + ": read at its ends alone; --check reads the whole of it");
  if (!console.json()) {
    console.print(console.strong(visible(path)) + "\n" + summary_text(*summary, console));
  } else {
    Json answer = new_answer("show");
    answer["reel"] = path;
    answer["checked"] = checked;
    add_summary(answer, *summary);
    if (!inputs.is_null()) answer["inputs"] = std::move(inputs);
    console.answer(answer);
  }
  return kExitDone;
}

Result<int> run_show(const Arguments& arguments, Console& console) {
  bool lines = arguments.has("jsonl");
  if (lines && (arguments.has("inputs") || console.json())) {
    return Error{Trouble::kUsage,
                 "'--jsonl' prints one object a line and nothing else; leave out "
                 "'--json' and '--inputs'"};
  }
  const bool lanes = arguments.has("lanes");
  if (lanes && (lines || arguments.has("inputs") || console.json())) {
    return Error{Trouble::kUsage,
                 "'--lanes' draws for people; leave out '--json', '--jsonl' and '--inputs'"};
  }
  const Range range = range_of(arguments);
  if (!range.is_all() && !lines && !lanes && !arguments.has("inputs")) {
    return Error{Trouble::kUsage,
                 "'--from' and '--count' choose among the inputs; add '--inputs' or '--jsonl', or "
                 "'--lanes'"};
  }
  Result<OpenReel> reel = OpenReel::open(arguments.operands().front());
  if (!reel) return reel.error();
  Result<int> status = kExitDone;
  if (lines) {
    print_lines(*reel, range, console);
  } else if (lanes) {
    print_lanes(*reel, range, console);
  } else if (arguments.has("inputs") && !console.json()) {
    print_table(*reel, range, console);
  } else {
    status = show_summary(*reel, arguments, console);
  }
  report_damage(console, arguments.operands().front(), reel->damage());
  return status;
}

}  // namespace

const Verb& show_verb() {
  static const Verb verb{
      .name = "show",
      .summary = "Show what is in a reel",
      .text =
          "Without options: which program it was, how it ended, what is kept and what is lost. "
          "Damage is told on stderr; whatever of the reel is whole is shown.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = {{.name = "inputs",
                   .help = "Print a table of all inputs, each cut to the width of the terminal; "
                           "with --json, add them to the object"},
                  {.name = "lanes",
                   .help = "Draw who spoke when: a row for each of the busiest sessions, along it "
                           "the time, as wide as the terminal"},
                  {.name = "jsonl",
                   .help = "Print each input as a JSON object on a line of its own, the bytes as "
                           "base64; 'crashreel import' reads them"},
                  {.name = "from",
                   .value = Value::kCount,
                   .argument = "NUMBER",
                   .help =
                       "Begin with the input of this number, or the next one there is; what lies "
                       "before it is not read"},
                  {.name = "count",
                   .value = Value::kCount,
                   .argument = "N",
                   .help = "Print so many inputs at most"},
                  {.name = "check",
                   .help =
                       "Look for damage in the whole of a large reel, too: of more than 64 MiB, "
                       "256 MiB of payload or a million inputs"}},
      .statuses = {{kExitDone, "Shown, also where parts of the reel are damaged"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel show crash.reel", "What is it, and is all of it there?"},
                   {"crashreel show crash.reel --inputs", "What came in, one line each"},
                   {"crashreel show crash.reel --inputs --from 200000 --count 20",
                    "The same of a few inputs in the middle of a large reel"},
                   {"crashreel show crash.reel --lanes", "Which sessions spoke, and when"},
                   {"crashreel show crash.reel --jsonl > inputs.jsonl",
                    "For other tools, or to edit by hand and import again"}},
      .run = run_show};
  return verb;
}

}  // namespace crashreel
