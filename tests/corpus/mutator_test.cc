#include "corpus/mutator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "capture/base/check.h"
#include "corpus/seed_codec.h"
#include "corpus/seed_reader.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

constexpr std::size_t kMost = 4096;

std::string seed_of(const std::string& text) {
  return encode_seed(scene(text));
}

// One bit less and a byte more, where there is room.
std::size_t grow(std::uint8_t* data, std::size_t size, std::size_t most) {
  if (size < most) data[size++] = 0xc1;
  data[0] ^= 1;
  return size;
}

// The mutant of that number; without what lies behind `most`.
std::string mutant(SeedMutator& mutator, const std::string& seed, std::uint64_t number,
                   std::size_t most = kMost) {
  std::string data = seed;
  data.resize(std::max(seed.size(), most));
  data.resize(
      mutator.mutate(reinterpret_cast<std::uint8_t*>(data.data()), seed.size(), most, number));
  return data;
}

std::string crossed(SeedMutator& mutator, const std::string& one, const std::string& other,
                    std::uint64_t number, std::size_t most = kMost) {
  std::string data(most, '\0');
  data.resize(
      mutator.cross(one, other, reinterpret_cast<std::uint8_t*>(data.data()), most, number));
  return data;
}

// All that some numbers make of a seed by one change, as reels.
std::vector<Reel> all_by(SeedChange change, const std::string& seed) {
  SeedMutator mutator(grow);
  mutator.learn(seed_of("7:known"));
  std::set<std::string> seeds;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    std::string changed = seed;
    if (mutator.mutate_by(change, changed, kMost, number)) seeds.insert(changed);
  }
  std::vector<Reel> reels;
  for (const std::string& changed : seeds) reels.push_back(decode_seed(changed));
  return reels;
}

bool contains(const std::vector<Reel>& reels, const std::string& wanted) {
  return std::find(reels.begin(), reels.end(), canonical(scene(wanted))) != reels.end();
}

// A seed, a change, and what must be among its mutants.
struct Reached {
  SeedChange change;
  const char* before;
  const char* after;
};

class SeedChanges : public ::testing::TestWithParam<Reached> {};

TEST_P(SeedChanges, Reach) {
  EXPECT_TRUE(contains(all_by(GetParam().change, seed_of(GetParam().before)), GetParam().after))
      << GetParam().before << " -> " << GetParam().after;
}

INSTANTIATE_TEST_SUITE_P(
    All, SeedChanges,
    ::testing::Values(Reached{SeedChange::kDuplicate, "1:a 2:b", "1:a 2:b 1:a"},
                      Reached{SeedChange::kDrop, "1:a 2:b 1:c", "1:a"},
                      Reached{SeedChange::kSwap, "1:a 2:b 1:c", "1:c 2:b 1:a"},
                      Reached{SeedChange::kMove, "1:a 2:b 1:c", "2:b 1:c 1:a"},
                      Reached{SeedChange::kRepeat, "1:a 2:b", "1:a 2:b 1:a 2:b 1:a 2:b"},
                      Reached{SeedChange::kGive, "1:a 2:b 1:c", "1:a 2:b 2:c"},
                      Reached{SeedChange::kGive, "1:a 2:b 1:c", "1:a 2:b 3:c"},
                      Reached{SeedChange::kSpliceSessions, "1:a 2:b 1:c", "1:a 1:b 1:c"},
                      Reached{SeedChange::kSplitSession, "1:a 1:b 1:c", "1:a 2:b 2:c"},
                      Reached{SeedChange::kOpenOrClose, "1:a 2:b", "1:a 1- 2:b"},
                      Reached{SeedChange::kGap, "1:a @7 1:b", "1:a 1:b"},
                      Reached{SeedChange::kBytes, "1:a 2:b", "1:a 2:c\xc1"},
                      Reached{SeedChange::kKnownInput, "1:a 2:b", "1:a 1:known 2:b"},
                      Reached{SeedChange::kKnownBytes, "1:a 2:b", "1:a 2:known"},
                      Reached{SeedChange::kCutInTwo, "1:abc", "1:a 1:bc"},
                      Reached{SeedChange::kJoin, "1:a 2:b 1:c", "1:ac 2:b"}));

TEST(SeedChanges, ChangeWhatTheySayTheyHaveChanged) {
  SeedMutator mutator(grow);
  mutator.learn(seed_of("1:known"));
  for (unsigned change = 0; change < kSeedChanges; ++change) {
    for (const char* text : {"", "1:a", "1:a 2:b 1:c", "!11 ~5", "1+ 1-"}) {
      const std::string before = seed_of(text);
      std::string after = before;
      const bool changed = mutator.mutate_by(static_cast<SeedChange>(change), after, kMost, 3);
      EXPECT_TRUE(changed || after == before) << change << " " << text;
    }
  }
}

TEST(SeedMutator, KeepsWithinItsBoundAndWritesTheShortestSeedOfItsInputs) {
  SeedMutator mutator(grow);
  const std::string other = seed_of("1:GET 2:SET @9 2:x 1-");
  mutator.learn(other);
  std::string seed = seed_of("1+ 1:hello 2:\xc1\xc1 !11 @5 1:more 2-");
  for (std::uint64_t number = 0; number < 20000; ++number) {
    const std::size_t most = number % 97 + 1;
    for (const std::string& after :
         {mutant(mutator, seed, number, most), crossed(mutator, seed, other, number, most)}) {
      ASSERT_LE(after.size(), most);
      const Reel reel = decode_seed(after);
      ASSERT_EQ(canonical(reel), reel) << number;
      ASSERT_EQ(encode_seed(reel), after) << number;
    }
    seed = mutant(mutator, seed, number, 300);
  }
}

TEST(SeedMutator, TakesAnyBytes) {
  SeedMutator mutator(grow);
  Draw draw(1);
  for (std::uint64_t number = 0; number < 5000; ++number) {
    std::string bytes(draw.below(60), '\0');
    for (char& byte : bytes) byte = draw.one_in(3) ? kSeedMark : static_cast<char>(draw.below(256));
    mutator.learn(bytes);
    const std::string after = mutant(mutator, bytes, number);
    ASSERT_EQ(encode_seed(decode_seed(after)), after) << number;
    ASSERT_LE(crossed(mutator, bytes, after, number).size(), kMost);
  }
}

TEST(SeedMutator, RepeatsARunByItsNumbers) {
  const std::string start = seed_of("1:a 2:b 1:c !11");
  const auto run = [&] {
    SeedMutator mutator(grow);
    std::string seed = start;
    for (std::uint64_t number = 0; number < 500; ++number) {
      mutator.learn(seed);
      seed =
          number % 2 == 0 ? mutant(mutator, seed, number) : crossed(mutator, seed, start, number);
    }
    return seed;
  };
  EXPECT_EQ(run(), run());
}

TEST(SeedMutator, BringsOneSeedsInputsIntoAnother) {
  SeedMutator mutator(grow);
  std::vector<Reel> reels;
  for (std::uint64_t number = 0; number < 2000; ++number)
    reels.push_back(decode_seed(crossed(mutator, seed_of("1:a 1:b"), seed_of("1:x 2:y"), number)));
  EXPECT_TRUE(contains(reels, "1:a 1:b 1:x 2:y"));  // in the same sessions
  EXPECT_TRUE(contains(reels, "1:a 1:b 2:x 3:y"));  // in others
  EXPECT_TRUE(contains(reels, "1:a 1:x 1:b 2:y"));  // one among the other
  EXPECT_TRUE(contains(reels, "1:a 2:y"));          // the end of one behind the beginning
}

TEST(KnownInputs, KeepsASampleOfManyAndNoneTwice) {
  KnownInputs known;
  known.learn(seed_of("1:a 2:a 1:b"));
  EXPECT_EQ(known.size(), 2u);
  Reel many;
  for (std::uint64_t i = 0; i < 4 * KnownInputs::kMost; ++i)
    many.inputs.push_back({.seq = i, .session = 1, .data = "input " + std::to_string(i)});
  known.learn(encode_seed(many));
  EXPECT_EQ(known.size(), KnownInputs::kMost);
  Draw draw(1);
  int late = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string& data = known.any(draw).data;
    if (data.size() > 1 && std::stoul(data.substr(6)) >= 2 * KnownInputs::kMost) ++late;
  }
  EXPECT_NEAR(late, 500, 120);
}

}  // namespace
}  // namespace crashreel
