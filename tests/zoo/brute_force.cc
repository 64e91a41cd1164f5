// Finds the minima of minima.txt without any idea: every choice of inputs, the fewest first, and of
// all choices with so many inputs every choice of bytes, the fewest first. Each is an instance that
// was started alone; a choice counts if it dies as the whole does. Prints the table's lines.
//
//   zoo_brute_force [PROGRAM...]
//
// Knows nothing of minimizer/. What is no input (openings, closings, chance) always stays; but
// whom the program called and who answered nothing was not there to be called.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "harness/likeness.h"
#include "harness/opening.h"
#include "harness/sequence.h"
#include "harness/signature.h"
#include "harness/target.h"
#include "harness/try.h"
#include "tests/zoo/minima.h"

namespace crashreel::zoo {
namespace {

using Places = std::vector<std::size_t>;

constexpr int kVotes = 3;  // of what does not crash: one program's crash is a race

// All choices of `size` out of `of`, in order, until `take` says true.
template <typename Take>
bool any_choice(std::size_t of, std::size_t size, const Take& take) {
  Places chosen(size);
  for (std::size_t i = 0; i < size; ++i) chosen[i] = i;
  while (size <= of) {
    if (take(chosen)) return true;
    std::size_t i = size;
    while (i > 0 && chosen[i - 1] == of - size + i - 1) --i;
    if (i == 0) return false;
    ++chosen[i - 1];
    for (std::size_t j = i; j < size; ++j) chosen[j] = chosen[j - 1] + 1;
  }
  return false;
}

class BruteForce {
 public:
  explicit BruteForce(const Minimum& of) : reel_(of.reel) {
    auto target = target_of(reel_);
    if (!target) std::fprintf(stderr, "%s\n", target.error().message.c_str());
    CRASHREEL_CHECK(target);
    target_ = std::move(*target);
    votes_ = of.program == "tug" ? kVotes : 1;
    if (reel_.crash.reason == SaveReason::kHang) options_.hang_ms = 500;
    expected_ = run(reel_.inputs);
    std::fprintf(stderr, "%s: %s\n", of.program.c_str(), describe(expected_).c_str());
    CRASHREEL_CHECK(expected_.ending == Ending::kCrashed || expected_.ending == Ending::kHung);
    for (std::size_t i = 0; i < reel_.inputs.size(); ++i) {
      if (counts_as_input(reel_.inputs[i].kind)) places_.push_back(i);
    }
  }

  void find(Minimum* minimum) {
    std::vector<std::vector<Input>> smallest;
    for (std::size_t size = 0; smallest.empty(); ++size) {
      any_choice(places_.size(), size, [&](const Places& chosen) {
        std::vector<Input> inputs = with(chosen);
        if (crashes(inputs)) smallest.push_back(std::move(inputs));
        return false;
      });
      minimum->inputs = size;
    }
    for (std::size_t bytes = 0;; ++bytes) {
      for (const std::vector<Input>& inputs : smallest) {
        const bool found = any_choice(payload_bytes(inputs), bytes, [&](const Places& chosen) {
          return crashes(with_bytes(inputs, chosen));
        });
        minimum->bytes = bytes;
        if (found) return;
      }
    }
  }

  std::size_t runs() const { return runs_; }

 private:
  std::vector<Input> with(const Places& chosen) const {
    std::vector<Input> inputs;
    std::size_t next = 0, seen = 0;
    for (const Input& input : reel_.inputs) {
      const bool counts = counts_as_input(input.kind);
      const bool stays = !counts || (next < chosen.size() && chosen[next] == seen);
      next += counts && stays;
      seen += counts;
      if (stays) inputs.push_back(input);
    }
    drop_silent_dependencies(inputs);
    return inputs;
  }

  static void drop_silent_dependencies(std::vector<Input>& inputs) {
    std::set<std::uint32_t> silent;
    for (const Input& input : inputs) {
      const bool is_call = input.kind == InputKind::kOpen && read_opening(input.data).is_outbound;
      if (is_call) silent.insert(input.session);
    }
    for (const Input& input : inputs) {
      if (input.kind == InputKind::kData) silent.erase(input.session);
    }
    std::erase_if(inputs, [&](const Input& input) { return silent.contains(input.session); });
  }

  static std::vector<Input> with_bytes(std::vector<Input> inputs, const Places& chosen) {
    std::size_t next = 0, seen = 0;
    for (Input& input : inputs) {
      if (input.kind != InputKind::kData) continue;
      std::string data;
      for (const char byte : input.data) {
        if (next == chosen.size() || chosen[next] != seen++) continue;
        data += byte;
        ++next;
      }
      input.data = data;
    }
    return inputs;
  }

  Outcome run(const std::vector<Input>& inputs) {
    Reel reel = reel_;
    reel.inputs = inputs;
    ++runs_;
    const DrawnByInput drawn = drawn_by_input(reel_);
    TryOptions options = options_;
    options.script.drawn = &drawn;
    auto outcome = run_try(target_, reel, whole_sequence(reel), options);
    CRASHREEL_CHECK(outcome);
    return *outcome;
  }

  bool crashes(const std::vector<Input>& inputs) {
    for (int vote = 0; vote < votes_; ++vote) {
      const Outcome outcome = run(inputs);
      if (outcome.ending != expected_.ending) continue;
      if (outcome.ending == Ending::kHung) return true;
      if (compare(expected_.signature, outcome.signature).same()) return true;
    }
    return false;
  }

  const Reel& reel_;
  Target target_;
  TryOptions options_;
  Outcome expected_;
  Places places_;  // of what counts as inputs
  int votes_ = 1;
  std::size_t runs_ = 0;
};

}  // namespace
}  // namespace crashreel::zoo

int main(int argc, char** argv) {
  using namespace crashreel::zoo;
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  for (Minimum& minimum : known_minima()) {
    if (!wanted.empty() && std::ranges::find(wanted, minimum.program) == wanted.end()) continue;
    BruteForce brute_force(minimum);
    brute_force.find(&minimum);
    std::printf("%-12s %-6s %llu %llu %s\n", minimum.program.c_str(),
                minimum.kind == crashreel::TargetKind::kStdin ? "stdin" : "server",
                static_cast<unsigned long long>(minimum.inputs),
                static_cast<unsigned long long>(minimum.bytes), minimum.scene.c_str());
    std::fflush(stdout);
    std::fprintf(stderr, "%s: %zu runs\n", minimum.program.c_str(), brute_force.runs());
  }
  return 0;
}
