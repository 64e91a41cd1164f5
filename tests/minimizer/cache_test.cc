#include "minimizer/cache.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace crashreel {
namespace {

TEST(ContentKey, TellsApartEverySubsetOfSixteenItems) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
  for (std::uint32_t set = 0; set < 1U << 16; ++set) {
    Choice choice;
    for (std::uint32_t item = 0; item < 16; ++item) {
      if (set >> item & 1) choice.push_back(item);
    }
    const ContentKey key = content_key(choice);
    keys.insert({key.low, key.high});
  }
  EXPECT_EQ(keys.size(), std::size_t{1} << 16);
}

TEST(ContentKey, TellsEitherHalfApartByItself) {
  std::set<std::uint64_t> lows, highs;
  for (std::uint32_t cut = 0; cut < 1000; ++cut) {
    Choice choice(cut, 7);
    lows.insert(content_key(choice).low);
    highs.insert(content_key(choice).high);
  }
  EXPECT_EQ(lows.size(), 1000U);
  EXPECT_EQ(highs.size(), 1000U);
}

TEST(ContentKey, SeesWhereOnePayloadEndsAndTheNextBegins) {
  const std::vector<std::string> one = {"ab", "c"};
  const std::vector<std::string> other = {"a", "bc"};
  const std::vector<std::string> joined = {"abc"};
  EXPECT_NE(content_key(one), content_key(other));
  EXPECT_NE(content_key(one), content_key(joined));
}

TEST(ContentKey, SeesAZeroByteAtTheEnd) {
  const std::vector<std::string> without = {"a"};
  const std::vector<std::string> with = {std::string("a\0", 2)};
  EXPECT_NE(content_key(without), content_key(with));
}

TEST(VerdictCache, ForgetsNothing) {
  VerdictCache cache;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    cache.entry(content_key(Choice{i})).verdict =
        i % 3 == 0 ? Verdict::kReproduces : Verdict::kDifferent;
  }
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const Answer* answer = cache.find(content_key(Choice{i}));
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->verdict == Verdict::kReproduces, i % 3 == 0);
  }
  EXPECT_EQ(cache.find(content_key(Choice{5000})), nullptr);
}

}  // namespace
}  // namespace crashreel
