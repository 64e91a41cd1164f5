// crashreel report: what is known of a crash, on one page.

#include <algorithm>

#include "capture/reel/new_file.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/exit_status.h"
#include "tools/json.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/read_file.h"
#include "tools/quantity.h"
#include "tools/reel_summary.h"
#include "tools/report/data_forms.h"
#include "tools/report/html.h"
#include "tools/start_options.h"
#include "tools/verbs.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kMostAnswerBytes = 64 << 20;

std::string laid_out(const ReportModel& model, const std::string& form) {
  if (form == "json") return json_of(model);
  if (form == "sarif") return sarif_of(model);
  if (form == "trace") return trace_of(model);
  return html_of(model);
}

Result<void> write_file(const std::string& path, const std::string& text) {
  auto file = NewFile::beside(path);
  if (!file) return file.error();
  if (auto written = file->write(text); !written) return written;
  return file->publish();
}

Result<Evidence> evidence_of(const Arguments& arguments) {
  Evidence evidence;
  for (const std::string& path : arguments.all("with")) {
    const auto text = read_file(path, kMostAnswerBytes);
    if (!text) return text.error();
    if (auto added = add_answer(*text, path, evidence); !added) return added.error();
  }
  return evidence;
}

// What the verb answers when it is asked of this reel now. Whatever its exit status says, its
// answer says more; only its own trouble is ours.
Result<void> ask(const Verb& verb, const Arguments& ours, Console& console, Evidence& evidence) {
  std::vector<std::string> words = {ours.operands().front(), "--json"};
  if (const auto& program = ours.program()) {
    words.push_back("--");
    words.insert(words.end(), program->begin(), program->end());
  }
  const Result<Arguments> arguments = parse_arguments(verb, words);
  if (!arguments) return arguments.error();
  Json answer;
  Console theirs({.json = true, .quiet = console.quiet(), .answer_into = &answer});
  if (const Result<int> status = verb.run(*arguments, theirs); !status) return status.error();
  return add_answer(answer.dump(), "the answer of " + verb.name, evidence);
}

Result<void> ask_all(const Arguments& arguments, Console& console, Evidence& evidence) {
  for (const Verb* verb : {&replay_verb(), &reach_verb(), &blame_verb()}) {
    const std::vector<std::string>& asked = arguments.all("ask");
    if (std::find(asked.begin(), asked.end(), verb->name) == asked.end()) continue;
    if (auto done = ask(*verb, arguments, console, evidence); !done) return done;
  }
  return {};
}

Result<int> run_report(const Arguments& arguments, Console& console) {
  const std::string& path = arguments.operands().front();
  Result<Evidence> evidence = evidence_of(arguments);
  if (!evidence) return evidence.error();
  if (auto asked = ask_all(arguments, console, *evidence); !asked) return asked.error();
  const Result<ReadReel> read = load(path);
  if (!read) return read.error();
  report_damage(console, path, read->damage);
  std::optional<Result<ReadReel>> original;
  const std::string original_path = arguments.text_if("original").value_or("");
  if (!original_path.empty()) {
    original.emplace(load(original_path));
    if (!original->has_value()) return original->error();
    report_damage(console, original_path, (*original)->damage);
  }
  const ReportModel model = model_of(
      {.read = &*read, .path = path},
      {.read = original ? &**original : nullptr, .path = original_path}, std::move(*evidence));
  const std::string& form = arguments.text("form");
  const std::string text = laid_out(model, form);
  const std::string& output = arguments.text("output");
  if (auto written = write_file(output, text); !written) return written.error();
  if (console.json()) {
    Json answer = new_answer("report");
    answer["output"] = output;
    answer["form"] = form;
    answer["bytes"] = text.size();
    answer["inputs"] = model.inputs.size();
    answer["not_known"] = model.not_known;
    console.answer(answer);
    return kExitDone;
  }
  for (const std::string& sentence : model.not_known) console.say("not known: " + sentence);
  console.print(visible(output) + ": " + counted(model.inputs.size(), "input") + ", " +
                bytes_text(text.size()) + "\n");
  return kExitDone;
}

}  // namespace

const Verb& report_verb() {
  static const Verb verb{
      .name = "report",
      .summary = "Write down on one page what is known of a crash",
      .text =
          "The page is one file that asks for nothing from anywhere. It shows the signature, a "
          "lane for each session with the inputs over time, the bytes of what is left and the "
          "stack; it is whole without scripts and on paper, and looks closer by mouse and "
          "keyboard.\n\n"
          "What a reel does not know itself comes from elsewhere: --original, the reel that this "
          "one was minimized from, shows which inputs and bytes were left out; --with, what "
          "'crashreel replay', 'reach', 'minimize' or 'blame' printed with --json, adds the rate "
          "and the first divergence, the reach, the way of the reduction, poison and trigger. "
          "--ask has these verbs answer now, with what they do by default; PROGRAM stands for the "
          "reel's own. What nobody told is left out, and the page says so.\n\n"
          "The same as data: 'json' is our own, 'sarif' is for those who collect findings, "
          "'trace' opens in Perfetto and in Chrome's own viewer.",
      .operands = {{"FILE.reel", "A reel, or a seed in a corpus directory"}},
      .options = joined({sandbox_options(),
                         {{.name = "output",
                           .letter = 'o',
                           .value = Value::kText,
                           .argument = "FILE",
                           .help = "Where the report goes",
                           .required = true},
                          {.name = "original",
                           .value = Value::kText,
                           .argument = "FILE.reel",
                           .help = "The reel that this one was minimized from"},
                          {.name = "with",
                           .value = Value::kText,
                           .argument = "ANSWER.json",
                           .help = "What another verb answered of this reel",
                           .repeated = true},
                          {.name = "ask",
                           .value = Value::kChoice,
                           .argument = "replay|reach|blame",
                           .help = "Run that verb now, and take what it answers",
                           .repeated = true},
                          {.name = "form",
                           .value = Value::kChoice,
                           .argument = "html|json|sarif|trace",
                           .help = "A page for people, or data",
                           .fallback = "html"}}}),
      .program = ProgramPart::kOptional,
      .statuses = {{kExitDone, "The report is written"},
                   {kExitDamaged, "The reel is damaged beyond use, or the file is none"}},
      .examples = {{"crashreel report crash.reel -o report.html", "What the reel itself knows"},
                   {"crashreel report crash.reel --ask replay --ask blame -o report.html",
                    "With the rate, the first divergence, the poison and the trigger"},
                   {"crashreel blame crash.reel --json > blame.json && crashreel report crash.reel "
                    "--with blame.json -o report.html",
                    "With what was answered before"},
                   {"crashreel report min.reel --original crash.reel --form sarif -o crash.sarif",
                    "As data, with what was left out"}},
      .run = run_report};
  return verb;
}

}  // namespace crashreel
