// Real reports of real sanitizers: what they found, and which of them are the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

#include "capture/reel/telling_functions.h"
#include "tests/harness/tries.h"
#include "tools/pipeline/frame_names.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

struct Bug {
  const char* sanitizer;
  const char* word;
  const char* kind;      // of the finding, by clang's words
  const char* gxx_kind;  // by g++'s; empty: g++ has no such sanitizer
  const char* function;
  const char* other_word;  // another bug of this kind

  friend void PrintTo(const Bug& bug, std::ostream* out) { *out << bug.sanitizer; }
};

constexpr Bug kBugs[] = {
    {"address", "RUN_OVER", "AddressSanitizer: heap-buffer-overflow",
     "AddressSanitizer: heap-buffer-overflow", "run_over", "USE_FREED"},
    {"undefined", "INDEX", "UndefinedBehaviorSanitizer: out-of-bounds-index",
     "runtime error: index 5 out of bounds", "index_badly", "ADD"},
    {"memory", "BRANCH", "MemorySanitizer: use-of-uninitialized-value", "", "branch_on_nothing",
     "CHOOSE"},
    {"thread", "SHARED", "ThreadSanitizer: data race", "ThreadSanitizer: data race",
     "race_for_shared", "COUNTER"},
};

std::string path_of(const Bug& bug, const std::string& variant) {
  return zoo(std::string("broken/") + bug.sanitizer + "_" + variant + "/unsound");
}

Outcome run_bug(const Bug& bug, const std::string& variant, const std::string& word,
                bool seeks_leaks = false) {
  Reel reel = scene("1:" + word);
  reel.program.kind = TargetKind::kStdin;
  if (seeks_leaks) reel.crash.signature.kind = kLeakKind;
  Outcome outcome = try_once(reel, {path_of(bug, variant)});
  name_frames(outcome.signature);
  outcome.in_flight = nullptr;  // is gone with the reel
  return outcome;
}

bool outcome_is_refusal(const Outcome& outcome) {
  return outcome.finding.empty() && outcome.output_tail.find("FATAL: ") != std::string::npos;
}

class Reports : public testing::TestWithParam<Bug> {};

void expect_found(const Bug& bug, const std::string& variant, const Outcome& outcome) {
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_THAT(outcome.finding, HasSubstr(variant == "gxx" ? bug.gxx_kind : bug.kind));
  EXPECT_THAT(plain_name(outcome.finding), EndsWith(bug.function));
  EXPECT_THAT(telling_functions(outcome.signature, 3).names,
              ElementsAre(bug.function, "obey", "main"));
}

TEST_P(Reports, AreTheSameInEachRunAndBuildAndOthersAreNot) {
  const Bug& bug = GetParam();
  ASSERT_TRUE(std::filesystem::exists(path_of(bug, "1"))) << "clang-19 was not there to build it";
  const Outcome first = run_bug(bug, "1", bug.word);
  // Some need memory where the kernel may have put something else.
  if (outcome_is_refusal(first)) {
    GTEST_SKIP() << "this sanitizer does not run on this machine: " << first.output_tail;
  }
  expect_found(bug, "1", first);
  for (const std::string variant : {"1", "2", "gxx"}) {
    if (!std::filesystem::exists(path_of(bug, variant))) continue;
    SCOPED_TRACE(variant);
    const Outcome again = run_bug(bug, variant, bug.word);
    expect_found(bug, variant, again);
    const Comparison result = compare(first.signature, again.signature);
    EXPECT_TRUE(result.same()) << result.reason;
  }
  const Outcome other = run_bug(bug, "1", bug.other_word);
  EXPECT_EQ(other.ending, Ending::kCrashed) << testing::PrintToString(other);
  EXPECT_FALSE(compare(first.signature, other.signature).same()) << describe(other);
}

INSTANTIATE_TEST_SUITE_P(Of, Reports, testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.sanitizer); });

// It reports at the end of all, when nobody's frames are on the stack: who forgot it stands for
// them, and lines and builds don't count. Nobody looks for leaks where the reel's crash is none.
TEST(LeakReports, NameWhoForgotTheMemory) {
  const Bug leak = {"leak", "FORGET_NAME", "", "", "", ""};
  std::optional<Outcome> first;
  for (const std::string variant : {"1", "2", "gxx"}) {
    ASSERT_TRUE(std::filesystem::exists(path_of(leak, variant))) << "no compiler was there for it";
    const Outcome outcome = run_bug(leak, variant, "FORGET_NAME", true);
    EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
    EXPECT_EQ(outcome.finding, "LeakSanitizer: memory leaked in forget_name");
    const Outcome other = run_bug(leak, variant, "FORGET_LIST", true);
    EXPECT_EQ(other.finding, "LeakSanitizer: memory leaked in forget_list");
    EXPECT_FALSE(compare(outcome.signature, other.signature).same());
    EXPECT_TRUE(compare(outcome.signature, first.value_or(outcome).signature).same());
    if (!first) first = outcome;
  }
  EXPECT_EQ(run_bug(leak, "1", "FORGET_NAME").ending, Ending::kExited);
}

}  // namespace
}  // namespace crashreel
