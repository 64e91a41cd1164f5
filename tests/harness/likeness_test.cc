// Crashes of one real program, built in several ways and run: which of them are the same?
#include "harness/likeness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/tries.h"
#include "tests/sanitized.h"
#include "tools/pipeline/frame_names.h"
#include "tools/pipeline/replay.h"

namespace crashreel {
namespace {

std::string broken(const std::string& build) {
  return zoo("broken/" + build + "/broken");
}

bool is_built(const std::string& build) {
  return std::filesystem::exists(broken(build));
}

// The input in flight is gone with the reel. Who spins is waited for in vain; a sanitizer's report
// takes longer than that where others are at work.
Outcome run(const std::string& build, const std::string& word) {
  Reel reel = scene("1:" + word);
  reel.program.kind = TargetKind::kStdin;
  Outcome outcome = try_once(reel, {broken(build)}, word == "SPIN" ? kImpatient : TryOptions{});
  outcome.in_flight = nullptr;
  return outcome;
}

// "release STORE": that build after this word. What it dies of, with names; each is run once.
const Signature& crash_of(const std::string& build, const std::string& word) {
  static std::map<std::pair<std::string, std::string>, Signature> known;
  const auto [place, is_new] = known.try_emplace({build, word});
  if (!is_new) return place->second;
  place->second = run(build, word).signature;
  name_frames(place->second);
  return place->second;
}

struct RealPair {
  const char* build;
  const char* word;
  const char* other_build;
  const char* other_word;
  Likeness likeness;

  friend void PrintTo(const RealPair& pair, std::ostream* out) {
    *out << pair.build << " " << pair.word << ", " << pair.other_build << " " << pair.other_word;
  }
};

using enum Likeness;
using testing::EndsWith;
using testing::HasSubstr;

constexpr RealPair kRealPairs[] = {
    // Inlined functions are there for the one compiler and not for the other.
    {"plain", "STORE", "release", "STORE", kSame},
    {"release", "STORE", "clang", "STORE", kSame},
    {"release", "STORE", "fixed_place", "STORE", kSame},
    {"whole", "STORE", "plain", "STORE", kSame},
    // The same signal at different places.
    {"release", "STORE", "release", "FORGET", kDifferent},
    {"plain", "STORE", "clang", "FORGET", kDifferent},
    {"release", "STORE", "release", "BUS", kDifferent},
    // Stripped: by module and offset within one build, by nothing across builds.
    {"release", "STORE", "stripped", "STORE", kSame},
    {"stripped", "DESCEND_9", "stripped", "DESCEND_9", kSame},
    {"stripped", "STORE", "stripped", "FORGET", kDifferent},
    {"stripped", "STORE", "nameless", "STORE", kDifferent},
    {"nameless", "SUM", "nameless", "SUM", kSame},
    // Templates.
    {"release", "FILL_INT", "clang", "FILL_INT", kSame},
    {"plain", "FILL_INT", "release", "FILL_LONG", kSimilar},
    // However deep a recursion went.
    {"release", "DESCEND_2", "release", "DESCEND_9", kSame},
    {"plain", "DESCEND_2", "clang", "DESCEND_9", kSame},
    {"release", "EVEN_2", "clang", "EVEN_8", kSame},
    {"release", "EVEN_2", "release", "DESCEND_9", kDifferent},
    {"release", "DIVE", "release", "DIVE", kSame},
    {"plain", "DIVE", "clang", "DIVE", kSame},
    {"plain", "DIVE", "release", "SINK", kDifferent},
    // One heap overflow, which the kernel sees, or the allocator.
    {"release", "NAME_SHORT", "release", "NAME_LONG", kSimilar},
    {"plain", "NAME_SHORT", "clang", "NAME_LONG", kSimilar},
    {"plain", "NAME_SHORT", "clang", "NAME_SHORT", kSame},
    {"release", "FREE_TWICE", "whole", "FREE_TWICE", kSame},
    {"release", "NAME_SHORT", "release", "FREE_TWICE", kDifferent},
    // One cause that trips two assertions, in two functions and in one.
    {"release", "SUM", "release", "SIGN", kSimilar},
    {"plain", "SUM", "release", "SUM", kSame},
    {"release", "LOW", "release", "HIGH", kSimilar},
    {"release", "SUM", "release", "LOW", kDifferent},
    // Who ends himself is known by who called abort(), or threw.
    {"plain", "GIVE_UP", "clang", "GIVE_UP", kSame},
    {"plain", "GIVE_UP", "clang", "RESIGN", kDifferent},
    {"plain", "THROW_TEXT", "clang", "THROW_TEXT", kSame},
    {"plain", "THROW_LAMBDA", "clang", "THROW_LAMBDA", kSame},
    {"release", "THROW_INT", "whole", "THROW_INT", kSame},
    {"release", "THROW_INT", "release", "THROW_TEXT", kSimilar},
    {"release", "THROW_INT", "release", "AT", kDifferent},
    {"release", "AT", "whole", "AT", kSame},
    // Within the C library, or through it.
    {"plain", "SORT", "clang", "SORT", kSame},
    {"plain", "COPY", "release", "COPY", kSame},
    {"release", "COPY", "release", "SORT", kDifferent},
    {"release", "NOWHERE", "clang", "NOWHERE", kSame},
    // Other signals.
    {"plain", "DIVIDE", "release", "DIVIDE", kSame},
    {"plain", "TRAP", "clang", "TRAP", kSame},
    {"release", "TRAP", "release", "DIVIDE", kDifferent},
    // A sanitizer's build dies of its report, at the same place.
    {"asan", "STORE", "release", "STORE", kSame},
    {"asan", "NAME_SHORT", "release", "NAME_SHORT", kSame},
    {"asan", "NAME_SHORT", "asan", "FREE_TWICE", kDifferent},
    {"asan", "STORE", "asan", "STORE", kSame},
    {"asan", "STORE", "release", "SORT", kDifferent},
    // No crash at all.
    {"release", "SPIN", "clang", "SPIN", kSame},
    {"release", "SPIN", "release", "STORE", kDifferent},
};

// In one test: most crashes are in several pairs. Under a sanitizer, which sees nothing of the
// programs that crash, some of them.
TEST(RealCrashes, AreToldApartAndTogether) {
  constexpr std::size_t kStep = std::size(kRealPairs) / rounds_of(std::size(kRealPairs));
  for (std::size_t at = 0; at < std::size(kRealPairs); at += kStep) {
    const RealPair& pair = kRealPairs[at];
    SCOPED_TRACE(testing::PrintToString(pair));
    for (const std::string build : {pair.build, pair.other_build}) {
      ASSERT_TRUE(is_built(build)) << "no compiler was there for " << build;
    }
    const Signature& expected = crash_of(pair.build, pair.word);
    const Signature& seen = crash_of(pair.other_build, pair.other_word);
    const Comparison result = compare(expected, seen);
    EXPECT_STREQ(name_of(result.likeness), name_of(pair.likeness)) << result.reason << "\n"
                                                                   << describe(expected, 12) << "\n"
                                                                   << describe(seen, 12);
    EXPECT_FALSE(result.reason.empty());
    EXPECT_STREQ(name_of(compare(seen, expected).likeness), name_of(pair.likeness));  // both ways
  }
}

// Beside the signal and its stack, what the program said itself.
TEST(RealCrashes, SayWhyTheyEndedThemselves) {
  ASSERT_TRUE(is_built("release")) << "g++ was not there to build it";
  const std::pair<std::string, std::string> complaints[] = {
      {"SUM", "Assertion `sum > 0' failed"},
      {"SIGN", "Assertion `sum != 0 && \"sign\"' failed"},
      {"THROW_INT", "terminate called after throwing an instance of 'int'"},
      {"THROW_TEXT", "terminate called after throwing an instance of 'std::runtime_error'"},
      {"FREE_TWICE", "free(): double free detected in tcache 2"},
      {"GIVE_UP", ""},
      {"STORE", ""}};
  for (const auto& [word, complaint] : complaints) {
    const Outcome outcome = run("release", word);
    EXPECT_EQ(outcome.complaint, complaint) << word;
    EXPECT_THAT(describe(outcome), EndsWith(complaint));
    EXPECT_THAT(describe(outcome), HasSubstr(complaint.empty() ? "SIG" : "SIGABRT in "));
  }
}

// What replay says of this word where the crash of another one is sought, in one build.
ReplayReport replay_for(const std::string& build, const std::string& sought,
                        const std::string& word) {
  Reel reel = scene("1:" + word);
  reel.program.kind = TargetKind::kStdin;
  reel.crash.signature = crash_of(build, sought);
  auto report = replay(reel, {.argv = std::vector<std::string>{broken(build)}});
  EXPECT_TRUE(report);
  return report ? *report : ReplayReport{};
}

TEST(Replay, SaysWhatASimilarCrashHasInCommonAndDoesNotTakeItForTheSame) {
  ASSERT_TRUE(is_built("release")) << "g++ was not there to build it";
  const ReplayReport report = replay_for("release", "SUM", "SIGN");
  EXPECT_EQ(report.reproduced, 0);
  EXPECT_EQ(report.similar, 1);
  EXPECT_EQ(report.different, 0);
  EXPECT_THAT(report.similarity, HasSubstr("on behalf of call_transfer"));
  EXPECT_EQ(replay_for("release", "SUM", "FREE_TWICE").similar, 0);
  EXPECT_EQ(replay_for("release", "SUM", "SUM").reproduced, 1);
}

// The upper frames of all its reports are the same.
TEST(Replay, TellsTheFindingsOfOneSanitizerApart) {
  ASSERT_TRUE(is_built("asan")) << "clang-19 was not there to build it";
  EXPECT_EQ(replay_for("asan", "NAME_SHORT", "FREE_TWICE").different, 1);
  EXPECT_EQ(replay_for("asan", "NAME_SHORT", "NAME_SHORT").reproduced, 1);
}

}  // namespace
}  // namespace crashreel
