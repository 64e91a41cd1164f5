// What does it cost to know which crash it was?
//
// The stack: what a try that ends by SIGSEGV takes longer than one that ends by SIGKILL, of which
// nobody knows where: the handler that writes the stack down, and making a signature of it. In
// turns, of a plain build and of one with AddressSanitizer. The names: of the frames of such a
// crash, asked for the first time in a process and again, with the library that knows how loaded,
// and its loading apart.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/telling_functions.h"
#include "harness/sequence.h"
#include "harness/signature.h"
#include "harness/symbols/symbols.h"
#include "harness/target.h"
#include "harness/try.h"
#include "tests/bench/bench.h"

using namespace crashreel;

namespace {

constexpr std::size_t kPairs = 60;
constexpr std::size_t kRounds = 7;
constexpr double kStackMs = 2;
constexpr double kNamesMs = 10;

Outcome outcome_of(const Target& target, const std::string& word, Ending expected) {
  Reel reel;
  reel.program.kind = TargetKind::kStdin;
  reel.inputs.emplace_back().data = word;
  const auto outcome = run_try(target, reel, whole_sequence(reel));
  CRASHREEL_CHECK(outcome && outcome->ending == expected);
  return *outcome;
}

Target target_of_build(const std::string& build) {
  Reel reel;
  reel.program.kind = TargetKind::kStdin;
  const auto target = target_of(
      reel, std::vector<std::string>{CRASHREEL_BUILD_DIR "/zoo/broken/" + build + "/broken"});
  CRASHREEL_CHECK(target);
  return *target;
}

void print_ms(const std::string& scene, const bench::Spread& value, double demanded) {
  bench::Line line = {.bench = "signature", .scene = scene, .value = value, .unit = "ms"};
  if (demanded > 0) {
    line.reference = demanded;
    line.against = "at most that is demanded";
    line.ratio = value.median / demanded;
    line.bar = bench::at_most(1);
  }
  bench::print(line);
}

void measure_stack(const std::string& build) {
  const Target target = target_of_build(build);
  std::vector<double> crashes;
  std::vector<double> kills;
  bench::interleaved(
      kPairs,
      [&] {
        crashes.push_back(outcome_of(target, "STORE", Ending::kCrashed).seconds * 1e3);
        return crashes.back();
      },
      [&] {
        kills.push_back(outcome_of(target, "DIE", Ending::kCrashed).seconds * 1e3);
        return kills.back();
      });
  // Of the quickest ones: a machine's other work takes more than the difference.
  const double more = bench::spread_of(crashes).lowest - bench::spread_of(kills).lowest;
  print_ms("a crash with its stack, more than one without, " + build + " build", bench::once(more),
           kStackMs);
}

struct NamesCost {
  double load_ms = 0;
  double first_ms = 0;
  double again_ms = 0;
  std::size_t frames = 0;
};

NamesCost name_once(const Signature& signature) {
  NamesCost cost;
  double seconds = bench::wall_seconds();
  const auto lap_ms = [&] {
    const double before = seconds;
    seconds = bench::wall_seconds();
    return (seconds - before) * 1e3;
  };
  auto symbols = Symbols::load(library_path("libcrashreel-symbols.so"));
  CRASHREEL_CHECK(symbols);
  cost.load_ms = lap_ms();
  const auto name_all = [&] {
    for (const Frame& frame : signature.frames) {
      const std::string file = file_of(frame);
      if (is_of_the_system(frame)) {
        bench::keep(symbols->table_name(file, frame.offset));
      } else {
        bench::keep(symbols->functions(file, frame.offset));
      }
    }
    return lap_ms();
  };
  cost.first_ms = name_all();
  cost.again_ms = name_all();
  cost.frames = signature.frames.size();
  return cost;
}

// In a process of its own, which has no names yet.
NamesCost name_anew(const Signature& signature) {
  int ends[2];
  CRASHREEL_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const NamesCost cost = name_once(signature);
    ::_exit(::write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  NamesCost cost;
  CRASHREEL_CHECK(::read(ends[0], &cost, sizeof cost) == sizeof cost);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return cost;
}

void measure_names(const std::string& build) {
  const Signature signature =
      outcome_of(target_of_build(build), "STORE", Ending::kCrashed).signature;
  std::vector<double> load;
  std::vector<double> first;
  std::vector<double> again;
  std::vector<double> address;
  for (std::size_t round = 0; round < kRounds; ++round) {
    const NamesCost cost = name_anew(signature);
    load.push_back(cost.load_ms);
    first.push_back(cost.first_ms);
    again.push_back(cost.again_ms);
    address.push_back(cost.first_ms / static_cast<double>(cost.frames));
  }
  const std::string of = ", " + build + " build";
  print_ms("loading what knows names" + of, bench::spread_of(load), 0);
  print_ms("names of all frames of a crash, for the first time" + of, bench::spread_of(first),
           kNamesMs);
  print_ms("the name of one address of these" + of, bench::spread_of(address), kNamesMs);
  print_ms("names of all frames again" + of, bench::spread_of(again), kNamesMs);
}

}  // namespace

int main() {
  for (const std::string build : {"release", "asan"}) {
    if (!std::filesystem::exists(CRASHREEL_BUILD_DIR "/zoo/broken/" + build)) {
      std::fprintf(stderr, "signature: there is no %s build: no compiler for it\n", build.c_str());
      continue;
    }
    measure_stack(build);
    measure_names(build);
  }
}
