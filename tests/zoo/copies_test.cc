// Over the whole zoo: what an instance that was started alone does with a sequence, copies of a
// fork server do with it, and copies of every checkpoint on the way. The sequences are of the kind
// that a search asks for: the whole, ends of it, and every other input.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "harness/fork_server.h"
#include "harness/likeness.h"
#include "harness/try.h"
#include "tests/sanitized.h"
#include "tests/zoo/minima.h"
#include "tools/pipeline/tries.h"

namespace crashreel::zoo {
namespace {

// The one program whose copies do something else: it asks the kernel for the number of its process.
constexpr char kTellsCopies[] = "kinship";

TryOptions options_for(const Minimum& minimum) {
  const bool hangs = minimum.reel.crash.reason == SaveReason::kHang;
  return {.hang_ms = hangs ? 200u : 10'000u,
          .script = {.keeps_answers = true, .keeps_bytes = true}};
}

std::vector<Sequence> questions(const Minimum& minimum) {
  const Sequence whole = whole_sequence(minimum.reel);
  std::vector<Sequence> asked = {whole, {whole.end() - 1, whole.end()}};
  if (minimum.reel.crash.reason == SaveReason::kHang) return asked;  // each takes long
  asked.emplace_back(whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2), whole.end());
  for (const std::size_t first : {0, 1}) {
    Sequence& every_other = asked.emplace_back();
    for (std::size_t i = first; i < whole.size(); i += 2) every_other.push_back(whole[i]);
  }
  return asked;
}

// How it ended, and, if nothing kept it from that, each answer. What a program that dies has
// answered last is taken or not, as it happens to stand when it does.
std::string told(const Outcome& outcome) {
  std::string text = describe(outcome) + ", " + std::to_string(outcome.performed) + " of " +
                     std::to_string(outcome.steps) + " steps";
  if (outcome.ending != Ending::kSurvived) return text;
  for (const ReplayedAnswer& answer : outcome.answers) {
    text += "; " + std::to_string(answer.to->seq) + ": " + answer.bytes;
  }
  return text;
}

::testing::AssertionResult alike(const Outcome& alone, const Outcome& copy) {
  if (told(copy) != told(alone)) {
    return ::testing::AssertionFailure() << "a copy: " << told(copy) << "\nalone: " << told(alone);
  }
  const Comparison frames = compare(alone.signature, copy.signature);
  if (alone.ending != Ending::kCrashed || frames.same()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "another crash: " << frames.reason;
}

class ZooCopies : public ::testing::TestWithParam<Minimum> {
 protected:
  Layout laid_out(const Sequence& sequence) const {
    return lay_out(GetParam().reel, sequence, target_.kind, options_.script);
  }

  Outcome alone(const Sequence& sequence) const {
    const auto outcome = run_try(target_, GetParam().reel, sequence, options_);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome();
  }

  Outcome copied(ForkServer& server, const Layout& layout, Held* held = nullptr) const {
    const auto outcome = run_try(server, target_, layout, options_, held);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome();
  }

  const TryOptions options_ = options_for(GetParam());
  const Target target_ = target_of(GetParam().reel).value();
  const Layout whole_ = laid_out(whole_sequence(GetParam().reel));
  Result<ForkServer> root_ = ForkServer::start(target_, whole_, options_.hang_ms);
};

TEST_P(ZooCopies, DoWhatAStartAloneDoes) {
  ASSERT_TRUE(root_) << root_.error().message;
  int different = 0;
  for (const Sequence& sequence : questions(GetParam())) {
    const Outcome expected = alone(sequence);
    const auto is_alike = alike(expected, copied(*root_, laid_out(sequence)));
    EXPECT_TRUE(is_alike || GetParam().program == kTellsCopies) << is_alike.message();
    different += is_alike ? 0 : 1;
  }
  EXPECT_EQ(different > 0, GetParam().program == kTellsCopies);
}

TEST_P(ZooCopies, OfCheckpointsDoWhatAStartAloneDoes) {
  ASSERT_TRUE(root_) << root_.error().message;
  const Outcome expected = alone(whole_sequence(GetParam().reel));
  Held held;
  for (std::size_t step = 0; step < whole_.steps.size(); step += 4) held.before.push_back(step);
  EXPECT_TRUE(alike(expected, copied(*root_, whole_, &held)));
  EXPECT_FALSE(held.servers.empty()) << held.refusal;
  for (auto& [step, server] : held.servers) {
    const Outcome copy = copied(server, whole_);
    if (copy.ending == Ending::kThreadMissed) continue;  // it says so, and is run alone
    EXPECT_TRUE(alike(expected, copy)) << "from step " << step;
  }
}

// Copies are made by the player, of which a sanitizer sees nothing; what the harness does for them
// is the same for any program, and minima_test.cc has all of them: under a sanitizer some.
std::vector<Minimum> asked_here(const std::vector<Minimum>& all) {
  const std::size_t step = all.size() / rounds_of(all.size());
  std::vector<Minimum> chosen;
  for (std::size_t at = 0; at < all.size(); at += step) chosen.push_back(all[at]);
  return chosen;
}

std::vector<Minimum> with_copies(bool has_them) {
  std::vector<Minimum> chosen;
  std::ranges::copy_if(known_minima(), std::back_inserter(chosen), [&](const Minimum& one) {
    return Tries(target_of(one.reel).value(), one.reel, 1).not_forking().empty() == has_them;
  });
  return chosen;
}

INSTANTIATE_TEST_SUITE_P(Of, ZooCopies, ::testing::ValuesIn(asked_here(with_copies(true))),
                         [](const auto& one) { return one.param.program; });

// Whom no player feeds is started for every question.
TEST(ZooTable, HasCopiesOfAllThatAPlayerFeeds) {
  for (const Minimum& one : with_copies(false)) {
    const Target target = target_of(one.reel).value();
    EXPECT_TRUE(target.kind == TargetKind::kStdin || target.from_outside) << one.program;
  }
}

}  // namespace
}  // namespace crashreel::zoo
