#include "tests/bench/zoo_scene.h"

#include <cstdio>

#include "tests/bench/bench.h"
#include "tests/zoo/minima.h"
#include "tools/pipeline/shrink.h"

namespace crashreel::bench {
namespace {

constexpr std::uint32_t kHangMs = 500;

bool is_exact(const zoo::Minimum& known, const ShrinkReport& report) {
  return report.reproduced && report.one_minimal && report.confirmed == report.confirmations &&
         zoo::counted_inputs(report.reel.inputs) == known.inputs &&
         zoo::payload_bytes(report.reel.inputs) == known.bytes;
}

}  // namespace

void measure_zoo() {
  double exact = 0;
  double all = 0;
  double met = 0;
  for (const zoo::Minimum& known : zoo::known_minima()) {
    ShrinkOptions options;
    if (known.reel.crash.reason == SaveReason::kHang) options.hang_ms = kHangMs;
    const Result<ShrinkReport> report = shrink(known.reel, options);
    CRASHREEL_CHECK(report);
    ++all;
    exact += is_exact(known, *report);
    met += !report->others.empty();
    if (is_exact(known, *report)) continue;
    std::fprintf(stderr, "minimize: %s: %zu inputs of %zu bytes, not %zu of %zu\n",
                 known.program.c_str(), zoo::counted_inputs(report->reel.inputs),
                 zoo::payload_bytes(report->reel.inputs), known.inputs, known.bytes);
  }
  print({.bench = "minimize",
         .scene = "the zoo: results that are the known minimum, of the same bug",
         .value = once(exact),
         .unit = "programs",
         .reference = all,
         .against = "all programs of the table",
         .ratio = exact / all,
         .bar = at_least(1)});
  print({.bench = "minimize",
         .scene = "the zoo: searches that met another bug on the way",
         .value = once(met),
         .unit = "programs"});
}

}  // namespace crashreel::bench
