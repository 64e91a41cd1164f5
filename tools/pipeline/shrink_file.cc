#include "tools/pipeline/shrink_file.h"

#include <chrono>
#include <optional>
#include <utility>

#include "minimizer/journal.h"
#include "minimizer/minimize.h"
#include "minimizer/values.h"
#include "minimizer/votes.h"

namespace crashreel {
namespace {

// What the answers in a journal depend on.
ContentKey identity_of(const std::string& text, const FileShrinkOptions& options) {
  const TestCommand& command = options.command;
  const std::string facts[] = {text, command.line, command.name,
                               command.on_stdin ? "stdin" : "file",
                               options.by_signature ? "signature" : "exit"};
  return content_key(facts);
}

// Asks the journal first, if there is one.
class Ask {
 public:
  Ask(TestJudge& judge, Journal* journal, TestOracle::Render render) : oracle_(judge, render) {
    if (journal == nullptr) return;
    journalled_.emplace(oracle_, *journal, [render](std::span<const std::uint32_t> kept) {
      const std::string candidate = render(kept);
      return content_key(std::span<const std::string>(&candidate, 1));
    });
  }
  Oracle& oracle() { return journalled_ ? static_cast<Oracle&>(*journalled_) : oracle_; }

 private:
  TestOracle oracle_;
  std::optional<JournalledOracle> journalled_;
};

// Texts as candidates of one part.
class TextOracle : public CandidateOracle {
 public:
  TextOracle(TestJudge& judge, Journal* journal) : judge_(judge), journal_(journal) {}

  Verdict ask(const Candidate& candidate) override { return ask_all({&candidate, 1}).front(); }
  std::vector<Verdict> ask_all(std::span<const Candidate> candidates) override {
    Ask ask(judge_, journal_, [&](auto kept) { return candidates[kept.front()].front().bytes; });
    std::vector<Choice> which;
    for (std::uint32_t i = 0; i < candidates.size(); ++i) which.push_back({i});
    return ask.oracle().ask_all(which);
  }

 private:
  TestJudge& judge_;
  Journal* journal_;
};

class FileShrinking {
 public:
  FileShrinking(const FileShrinkOptions& options, TestJudge& judge, Journal* journal,
                FileShrinkReport& report)
      : options_(options), judge_(judge), journal_(journal), report_(report) {}

  Result<void> run() {
    // Only JSON has more than one level: once a list has shrunk, so do the lists in what is left.
    for (std::uint32_t level = 0; !report_.stopped; ++level) {
      const Result<Pieces> pieces = split(report_.text, options_.split, level);
      if (!pieces) return pieces.error();
      if (pieces->size() == 0 && level > 0) break;
      shrink_pieces(*pieces, level);
      if (judge_.trouble()) return *judge_.trouble();
      if (!report_.reproduced) return {};
    }
    if (options_.bytes && !report_.stopped) shrink_bytes();
    if (options_.values && !report_.stopped) make_plain();
    if (judge_.trouble()) return *judge_.trouble();
    return {};
  }

 private:
  std::uint64_t questions_left() const {
    const std::uint64_t asked =
        report_.questions + report_.byte_questions + report_.value_questions + report_.guesses;
    return options_.max_questions - std::min(asked, options_.max_questions);
  }

  auto teller(const char* stage) {
    return [this, stage](const Progress& progress) {
      if (options_.progress) options_.progress(stage, progress);
    };
  }

  void shrink_pieces(const Pieces& pieces, std::uint32_t level) {
    Ask ask(judge_, journal_, [&pieces](auto kept) { return pieces.join(kept); });
    MinimizeOptions options;
    options.confirm = level == 0;
    options.flaky = options_.flaky;
    options.workers = options_.jobs;
    options.max_questions = questions_left();
    options.stop = options_.stop;
    options.progress = teller("pieces");
    MinimizeResult result = minimize(pieces.items(), ask.oracle(), options);
    if (level == 0) {
      report_.first = judge_.last();
      report_.reproduced = result.reproduced;
      report_.pieces_before = pieces.size();
      report_.bound = result.bound;
    }
    report_.pieces_after = result.kept.size();
    report_.one_minimal = result.one_minimal || (level > 0 && pieces.size() == 0);
    report_.too_rare = result.too_rare;
    report_.rate = result.rate;
    report_.stopped = result.stopped;
    report_.questions += result.questions;
    report_.guesses += result.guesses;
    report_.unresolved_seen += result.unresolved;
    report_.history = std::move(result.history);
    if (result.reproduced) report_.text = pieces.join(result.kept);
  }

  void shrink_bytes() {
    const Result<Pieces> bytes = split(report_.text, {.kind = SplitRule::Kind::kBytes});
    Ask ask(judge_, journal_, [&](auto kept) { return bytes->join(kept); });
    MinimizeOptions options;
    options.confirm = false;
    options.suffix_probes = options.group_probes = options.last_first = false;
    options.flaky = options_.flaky;
    options.workers = options_.jobs;
    options.max_questions = questions_left();
    options.stop = options_.stop;
    options.progress = teller("bytes");
    const MinimizeResult result = minimize(bytes->items(), ask.oracle(), options);
    report_.byte_questions = result.questions;
    report_.guesses += result.guesses;
    report_.unresolved_seen += result.unresolved;
    report_.stopped = result.stopped;
    if (result.reproduced) report_.text = bytes->join(result.kept);
  }

  // The rate is known by now.
  Votes votes() const {
    const MinimizeOptions defaults;
    if (!options_.flaky) return Votes(1, 1);
    Votes by_rate = Votes::by_rate(defaults.wrong, defaults.most_votes);
    constexpr std::uint64_t kRuns = 1000;
    const auto held = static_cast<std::uint64_t>(kRuns * report_.rate);
    by_rate.saw_runs(held, kRuns - held);
    return by_rate;
  }

  void make_plain() {
    TextOracle oracle(judge_, journal_);
    RewriteOptions options;
    options.search_votes = votes().search();
    options.verify_votes = votes().proof(report_.text.size());
    options.workers = options_.jobs;
    options.max_questions = questions_left();
    options.stop = options_.stop;
    options.progress = teller("values");
    const Candidate whole = {{.input = 0, .bytes = report_.text, .wait_ns = 0}};
    const RewriteResult result = minimize_values(whole, oracle, options);
    report_.value_questions = result.questions;
    report_.guesses += result.guesses;
    report_.unresolved_seen += result.unresolved;
    report_.stopped = result.stopped;
    report_.text = result.candidate.front().bytes;
  }

  const FileShrinkOptions& options_;
  TestJudge& judge_;
  Journal* journal_;
  FileShrinkReport& report_;
};

}  // namespace

Result<FileShrinkReport> shrink_file(const std::string& text, const FileShrinkOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  FileShrinkReport report;
  report.text = text;
  report.bytes_before = text.size();
  TestCommand command = options.command;
  command.line = with_absolute_program(command.line);
  command.keep_output = options.by_signature;
  Result<TestRunner> runner = TestRunner::create(command, options.jobs);
  if (!runner) return runner.error();
  TestJudge judge(std::move(*runner), options.by_signature);
  std::optional<Journal> journal;
  if (!options.journal.empty()) {
    Result<Journal> opened = Journal::open(options.journal, identity_of(text, options));
    if (!opened) return opened.error();
    journal.emplace(std::move(*opened));
  }
  FileShrinking shrinking(options, judge, journal ? &*journal : nullptr, report);
  if (Result<void> ran = shrinking.run(); !ran) return ran.error();
  report.runs = judge.runs();
  report.bytes_sent = judge.bytes_sent();
  report.different = judge.different();
  report.signature = judge.signature();
  if (journal) {
    report.recalled = journal->recalled();
    report.journal_trouble = journal->trouble();
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace crashreel
