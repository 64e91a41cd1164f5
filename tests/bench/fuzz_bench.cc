// How soon does a fuzzer find a crash that needs inputs in order, by records and by bytes? How soon
// again, from what is left of a reproducer and of production? And what does our way cost:
// executions a second, the codec?
//
// The fuzzers are clang's (tools/bench builds them). The time of a search is from its process's
// start to the crash, without what is done about it then.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>

#include "capture/base/check.h"
#include "corpus/draw.h"
#include "corpus/seed_codec.h"
#include "corpus/seed_reader.h"
#include "tests/bench/bench.h"
#include "tests/corpus/adapter_zoo.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;
using adapter_zoo::scenes_of;

constexpr int kRuns = 10;
constexpr int kBudgetSeconds = 5;  // of a search
constexpr int kAgainSeconds = 2;   // of one for what was known before

std::string built(const std::string& path) {
  const fs::path program = fs::path(CRASHREEL_BUILD_DIR).parent_path() / "clang" / path;
  if (fs::exists(program)) return program;
  std::fprintf(stderr, "%s: not there; 'tools/bench fuzz' builds it first\n", program.c_str());
  std::exit(1);
}

// A folder of seeds for one run, gone with it.
class Corpus {
 public:
  explicit Corpus(const std::vector<std::string>& seeds) {
    char name[] = "/dev/shm/fuzz_bench.XXXXXX";  // the disk is not what is measured
    CRASHREEL_CHECK(::mkdtemp(name) != nullptr);
    path_ = name;
    fs::create_directory(path_ / "seeds");
    for (std::size_t i = 0; i < seeds.size(); ++i)
      std::ofstream(path_ / "seeds" / std::to_string(i), std::ios::binary) << seeds[i];
  }
  ~Corpus() { fs::remove_all(path_); }
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  std::string seeds() const { return path_ / "seeds"; }
  std::string found() const { return path_.string() + "/"; }

 private:
  fs::path path_;
};

// The fuzzer's stderr, line by line, as it comes.
void run_fuzzer(const std::vector<std::string>& arguments,
                const std::function<void(const std::string&)>& line) {
  int ends[2];
  CRASHREEL_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t got; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
      line(text.substr(0, end));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  CRASHREEL_CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 127);  // it must be there
}

// Seconds until the crash; nothing within the budget.
std::optional<double> search(const std::string& fuzzer, const std::vector<std::string>& seeds,
                             int run, int budget_seconds = kBudgetSeconds) {
  const Corpus corpus(seeds);
  const double start = bench::wall_seconds();
  std::optional<double> seconds;
  run_fuzzer({built("zoo/adapters/" + fuzzer), "-seed=" + std::to_string(run + 1),
              "-max_total_time=" + std::to_string(budget_seconds), "-max_len=512",
              "-artifact_prefix=" + corpus.found(), corpus.seeds()},
             [&](const std::string& line) {
               if (!seconds && line.find("DEADLYSIGNAL") != std::string::npos)
                 seconds = bench::wall_seconds() - start;
             });
  return seconds;
}

struct Searches {
  std::vector<double> seconds;  // those that found nothing have the budget
  int found = 0;
};

void add(Searches& searches, const std::optional<double>& seconds,
         int budget_seconds = kBudgetSeconds) {
  searches.found += seconds ? 1 : 0;
  searches.seconds.push_back(seconds.value_or(budget_seconds));
}

std::string found_text(const Searches& searches) {
  return ", " + std::to_string(searches.found) + " of " + std::to_string(searches.seconds.size()) +
         " found";
}

std::vector<std::string> harmless_seeds(const std::string& name) {
  std::vector<std::string> seeds;
  const std::vector<Reel> scenes = scenes_of(name);
  for (std::size_t i = 1; i < scenes.size(); ++i) seeds.push_back(encode_seed(scenes[i]));
  return seeds;
}

void print(const std::string& scene, const Searches& ours, const Searches& theirs,
           const std::string& against) {
  const bench::Spread value = bench::spread_of(ours.seconds);
  const bench::Spread reference = bench::spread_of(theirs.seconds);
  bench::print({.bench = "fuzz",
                .scene = scene + found_text(ours),
                .value = {value.median * 1e3, value.lowest * 1e3, value.highest * 1e3, value.runs},
                .unit = "ms",
                .reference = reference.median * 1e3,
                .against = against + found_text(theirs),
                .ratio = reference.median / value.median,
                .bar = bench::at_least(0.8)});
}

// Record-aware against byte mutation: one target, the same seeds.
void measure_mutators() {
  std::vector<double> ratios;
  for (const std::string name : adapter_zoo::kNames) {
    const std::vector<std::string> seeds = harmless_seeds(name);
    Searches records, bytes;
    for (int run = 0; run < kRuns; ++run) {
      add(records, search(name, seeds, run));
      add(bytes, search(name + "_bytes", seeds, run));
    }
    print(name + ": to the crash by records", records, bytes, "by bytes");
    ratios.push_back(bench::median(bytes.seconds) / bench::median(records.seconds));
  }
  const bench::Spread spread = bench::spread_of(ratios);
  bench::print({.bench = "fuzz",
                .scene = "records over bytes, median of the programs",
                .value = spread,
                .unit = "x",
                .reference = 1,
                .against = "bytes",
                .ratio = spread.median,
                .bar = bench::at_least(5)});
}

// The minimal reproducer without one of its inputs, another one each run.
std::vector<std::string> mended_reproducer(const std::string& name, int run) {
  Reel reel = scenes_of(name)[0];
  const std::size_t left_out = static_cast<std::size_t>(run) % reel.inputs.size();
  reel.inputs.erase(reel.inputs.begin() + static_cast<std::ptrdiff_t>(left_out));
  return {encode_seed(reel)};
}

bool crashes(const std::string& name, const std::string& seed) {
  const Corpus corpus({seed});
  bool ended = false;
  run_fuzzer({built("zoo/adapters/" + name + "-replay"), corpus.seeds() + "/0"},
             [&](const std::string& line) { ended |= line.ends_with("no crash"); });
  return !ended;
}

// A tail in which the fatal inputs lie among polite conversations, session by session, without
// those that crash alone.
std::vector<std::string> sessions_of_tail(const std::string& name) {
  const std::vector<Reel> scenes = scenes_of(name);
  std::vector<std::string> seeds;
  for (const Reel& reel : scenes) {
    for (std::uint32_t session = 1; session <= 2; ++session) {
      Reel alone;
      for (const Input& input : reel.inputs)
        if (input.session == session) alone.inputs.push_back(input);
      const std::string seed = encode_seed(alone);
      if (!seed.empty() && !crashes(name, seed)) seeds.push_back(seed);
    }
  }
  return seeds;
}

void measure_finding_again() {
  Searches nothing, mended, tail;
  for (const std::string name : adapter_zoo::kNames) {
    const std::vector<std::string> sessions = sessions_of_tail(name);
    for (int run = 0; run < kRuns; ++run) {
      add(mended, search(name, mended_reproducer(name, run), run, kAgainSeconds), kAgainSeconds);
      add(tail, search(name, sessions, run, kAgainSeconds), kAgainSeconds);
      add(nothing, search(name, {}, run, kAgainSeconds), kAgainSeconds);
    }
  }
  print("again, from a reproducer less one input", mended, nothing, "from nothing");
  print("again, from the tail's harmless sessions", tail, nothing, "from nothing");
}

// While it searches, from these seeds.
double searched_per_second(const std::string& fuzzer, const std::vector<std::string>& seeds) {
  const Corpus corpus(seeds);
  double runs = 0;
  double start = 0;
  double end = 0;
  run_fuzzer({built(fuzzer), "-seed=1", "-max_total_time=1", "-max_len=256", corpus.seeds()},
             [&](const std::string& line) {
               if (line.find("INITED") != std::string::npos) start = bench::wall_seconds();
               if (line.find("DONE") == std::string::npos) return;
               end = bench::wall_seconds();
               runs = std::atof(line.c_str() + 1);  // "#123456 DONE ..."
             });
  CRASHREEL_CHECK(runs > 0 && start > 0);
  return runs / (end - start);
}

// Of these inputs, each many times.
double executed_per_second(const std::string& fuzzer, const std::vector<std::string>& inputs) {
  constexpr int kTimes = 1000;
  const Corpus corpus(inputs);
  std::vector<std::string> arguments = {built(fuzzer), "-runs=" + std::to_string(kTimes)};
  for (std::size_t i = 0; i < inputs.size(); ++i)
    arguments.push_back(corpus.seeds() + "/" + std::to_string(i));
  double start = 0;
  double end = 0;
  run_fuzzer(arguments, [&](const std::string& line) {
    if (start == 0 && line.starts_with("Running: ")) start = bench::wall_seconds();
    if (line.starts_with("Executed ")) end = bench::wall_seconds();
  });
  CRASHREEL_CHECK(end > start);
  return static_cast<double>(inputs.size()) * kTimes / (end - start);
}

// What the hand-written target reads: a line an input, with its session's digit in front.
std::string lines_of(const Reel& reel) {
  std::string lines;
  for (const Input& input : reel.inputs)
    if (input.kind == InputKind::kData && input.session < 10)
      lines += std::to_string(input.session) + input.data + "\n";
  return lines;
}

// What a search of a second has collected: data in at most ten sessions, so that both targets
// can say the same.
std::vector<Reel> conversations() {
  const Corpus corpus(harmless_seeds("late_revoke"));
  run_fuzzer(
      {built("bench/mended"), "-seed=1", "-max_total_time=1", "-max_len=256", corpus.seeds()},
      [](const std::string&) {});
  std::vector<Reel> reels;
  for (const auto& entry : fs::directory_iterator(corpus.seeds())) {
    std::ifstream file(entry.path(), std::ios::binary);
    Reel reel = decode_seed(std::string(std::istreambuf_iterator<char>(file), {}));
    std::erase_if(reel.inputs, [](const Input& input) {
      return input.kind != InputKind::kData || input.session >= 10 || input.data.empty() ||
             input.data.find('\n') != std::string::npos;
    });
    for (Input& input : reel.inputs) input.time_ns = 0;
    if (!reel.inputs.empty() && reels.size() < 200) reels.push_back(canonical(reel));
  }
  return reels;
}

void print_executions(const std::string& scene, const bench::Pair& pair, bench::Bar bar) {
  bench::print({.bench = "fuzz",
                .scene = scene,
                .value = pair.ours,
                .unit = "executions/s",
                .reference = pair.theirs.median,
                .against = "a hand-written target",
                .ratio = pair.ratio.median,
                .bar = bar});
}

void measure_executions() {
  std::vector<std::string> seeds, lines;
  for (const Reel& reel : conversations()) {
    seeds.push_back(encode_seed(reel));
    lines.push_back(lines_of(reel));
  }
  print_executions("executing the same inputs",
                   bench::interleaved(
                       kRuns, [&] { return executed_per_second("bench/mended", seeds); },
                       [&] { return executed_per_second("bench/mended_rival", lines); }),
                   bench::at_least(0.8));
  seeds = harmless_seeds("late_revoke");
  lines.clear();
  for (const std::string& seed : seeds) lines.push_back(lines_of(decode_seed(seed)));
  const auto search_with = [&](const std::string& fuzzer) {
    return bench::interleaved(
        kRuns, [&] { return searched_per_second(fuzzer, seeds); },
        [&] { return searched_per_second("bench/mended_rival", lines); });
  };
  print_executions("searching by bytes", search_with("bench/mended_bytes"), bench::at_least(0.8));
  // No bar: its mutants bring the program more commands that it understands.
  print_executions("searching by records", search_with("bench/mended"), {});
}

// As requests of a server come, text of some hundred bytes; and as a corpus has them, in seeds of
// some 60 KiB: of larger ones the kernel's pages are what takes time.
void measure_codec() {
  constexpr int kSeeds = 1000;
  Reel reel;
  Draw draw(1);
  Input input;
  std::uint64_t payload = 0;
  for (std::uint64_t seq = 0; seq < 200; ++seq) {
    input.seq = seq;
    input.session = static_cast<std::uint32_t>(draw.below(50));
    input.time_ns += draw.below(50'000);
    input.data.assign(64 + draw.below(512), 'x');
    for (char& byte : input.data) byte = static_cast<char>(' ' + draw.below(95));
    payload += input.data.size() * kSeeds;
    reel.inputs.push_back(input);
  }
  const std::string seed = encode_seed(reel);
  const auto line = [&](const std::string& scene, const std::function<void()>& work) {
    std::vector<double> rates;
    for (int run = 0; run <= kRuns; ++run) {
      const double seconds = bench::cpu_seconds_of([&] {
        for (int i = 0; i < kSeeds; ++i) work();
      });
      if (run > 0) rates.push_back(static_cast<double>(payload) / seconds / 1e6);
    }
    const bench::Spread spread = bench::spread_of(rates);
    bench::print({.bench = "fuzz",
                  .scene = scene,
                  .value = spread,
                  .unit = "MB/s",
                  .reference = 500,
                  .against = "what was asked for",
                  .ratio = spread.median / 500,
                  .bar = bench::at_least(1)});
  };
  line("encode a seed", [&] { bench::keep(encode_seed(reel)); });
  line("decode a seed into a reel", [&] { bench::keep(decode_seed(seed)); });
  line("read a seed as a fuzz target does", [&] {
    SeedReader reader(seed);
    SeedInput found;
    std::uint64_t bytes = 0;
    while (reader.next(found)) bytes += found.payload.size();
    bench::keep(bytes);
  });
}

}  // namespace
}  // namespace crashreel

int main() {
  ::setenv("UBSAN_OPTIONS", "symbolize=0", 1);
  crashreel::measure_codec();
  crashreel::measure_executions();
  crashreel::measure_mutators();
  crashreel::measure_finding_again();
  return 0;
}
