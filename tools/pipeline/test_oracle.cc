#include "tools/pipeline/test_oracle.h"

#include <algorithm>

namespace crashreel {
namespace {

constexpr std::size_t kMostDifferent = 16;

class AllWanted : public Race {
 public:
  void answered(std::size_t, Verdict) override {}
  bool needless(std::size_t) const override { return false; }
};

}  // namespace

std::vector<std::optional<Verdict>> TestJudge::race(std::span<const std::string> candidates,
                                                    Race& race) {
  std::vector<std::optional<Verdict>> verdicts(candidates.size());
  const auto ended = [&](std::size_t index, const TestRun& run) {
    ++runs_;
    bytes_sent_ += candidates[index].size();
    verdicts[index] = judge(run, candidates[index]);
    race.answered(index, *verdicts[index]);
  };
  const auto needless = [&](std::size_t index) { return race.needless(index); };
  const Result<std::vector<TestRun>> runs = runner_.run(candidates, ended, needless);
  if (runs) return verdicts;
  trouble_ = runs.error();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i]) continue;
    verdicts[i] = Verdict::kUnresolved;
    race.answered(i, Verdict::kUnresolved);
  }
  return verdicts;
}

Verdict TestJudge::judge(const TestRun& run, const std::string& candidate) {
  last_ = run;
  if (run.timed_out) return Verdict::kUnresolved;
  if (by_signature_) {
    const TestSignature seen = signature_of(run);
    if (!seen.crashed) return Verdict::kPasses;
    if (!expected_.crashed) expected_ = seen;
    return seen == expected_ ? Verdict::kReproduces : keep_aside(seen.text, candidate);
  }
  if (run.signal != 0) return Verdict::kPasses;
  switch (run.status) {
    case 0:
      return Verdict::kReproduces;
    case kTestDifferent:
      return keep_aside("", candidate);
    case kTestNoAnswer:
      return Verdict::kUnresolved;
    default:
      return Verdict::kPasses;
  }
}

Verdict TestJudge::keep_aside(const std::string& signature, const std::string& candidate) {
  const auto same = std::find_if(different_.begin(), different_.end(),
                                 [&](const Different& one) { return one.signature == signature; });
  if (same == different_.end()) {
    if (different_.size() < kMostDifferent) different_.push_back({signature, candidate, 1});
    return Verdict::kDifferent;
  }
  ++same->seen;
  const auto order = [](const std::string& text) {
    return std::pair(text.size(), std::string_view(text));
  };
  if (order(candidate) < order(same->candidate)) same->candidate = candidate;
  return Verdict::kDifferent;
}

Verdict TestOracle::ask(std::span<const std::uint32_t> kept) {
  const std::string candidate = render_(kept);
  AllWanted all_wanted;
  return judge_.race({&candidate, 1}, all_wanted).front().value();
}

std::vector<Verdict> TestOracle::ask_all(std::span<const Choice> choices) {
  AllWanted all_wanted;
  std::vector<Verdict> verdicts;
  for (const auto& verdict : race(choices, all_wanted)) verdicts.push_back(verdict.value());
  return verdicts;
}

std::vector<std::optional<Verdict>> TestOracle::race(std::span<const Choice> choices, Race& race) {
  std::vector<std::string> candidates;
  for (const Choice& choice : choices) candidates.push_back(render_(choice));
  return judge_.race(candidates, race);
}

}  // namespace crashreel
