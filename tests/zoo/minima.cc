#include "tests/zoo/minima.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "capture/base/check.h"
#include "tests/capture/reel/scene.h"

namespace crashreel::zoo {
namespace {

Reel reel_of(const Minimum& minimum) {
  Reel reel = crashreel::scene(minimum.scene);
  for (Input& input : reel.inputs) {
    if (input.kind != InputKind::kData) continue;
    std::ranges::replace(input.data, '_', ' ');
    std::ranges::replace(input.data, '$', '\n');
  }
  reel.program.kind = minimum.kind;
  reel.program.executable = CRASHREEL_BUILD_DIR "/zoo/" + minimum.program;
  reel.program.argv = {reel.program.executable};
  if (minimum.kind == TargetKind::kServer) reel.program.argv.push_back("7001");
  const bool hangs = minimum.program == "stuck" || minimum.program == "embrace";
  reel.crash.reason = hangs ? SaveReason::kHang : SaveReason::kCrash;
  return reel;
}

Minimum parse(const std::string& line) {
  Minimum minimum;
  std::string kind;
  std::istringstream words(line);
  words >> minimum.program >> kind >> minimum.inputs >> minimum.bytes;
  CRASHREEL_CHECK(words && (kind == "server" || kind == "stdin"));
  minimum.kind = kind == "stdin" ? TargetKind::kStdin : TargetKind::kServer;
  std::getline(words >> std::ws, minimum.scene);
  minimum.reel = reel_of(minimum);
  return minimum;
}

}  // namespace

std::vector<Minimum> known_minima() {
  std::ifstream table(CRASHREEL_SOURCE_DIR "/tests/zoo/minima.txt");
  CRASHREEL_CHECK(table.is_open());
  std::vector<Minimum> minima;
  for (std::string line; std::getline(table, line);) {
    if (!line.empty() && line[0] != '#') minima.push_back(parse(line));
  }
  return minima;
}

std::uint64_t payload_bytes(const std::vector<Input>& inputs) {
  std::uint64_t bytes = 0;
  for (const Input& input : inputs) {
    if (input.kind == InputKind::kData) bytes += input.data.size();
  }
  return bytes;
}

std::uint64_t counted_inputs(const std::vector<Input>& inputs) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      inputs, [](const Input& input) { return counts_as_input(input.kind); }));
}

}  // namespace crashreel::zoo
