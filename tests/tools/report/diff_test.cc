#include "tools/report/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace crashreel {
namespace {

using ::testing::ElementsAre;

DiffRun kept(const std::string& bytes) {
  return {ByteFate::kEssential, bytes, ""};
}
DiffRun removed(const std::string& bytes) {
  return {ByteFate::kRemoved, bytes, ""};
}
DiffRun simplified(const std::string& before, const std::string& now) {
  return {ByteFate::kSimplified, now, before};
}

TEST(Diff, TellsWhatWasRemoved) {
  EXPECT_THAT(diff_of("SET key value\n", "SET k\n"),
              ElementsAre(kept("SET k"), removed("ey value"), kept("\n")));
  EXPECT_THAT(diff_of("abcdef", ""), ElementsAre(removed("abcdef")));
}

TEST(Diff, TellsWhatWasSimplified) {
  EXPECT_THAT(diff_of("AUTH 7391", "AUTH 0000"),
              ElementsAre(kept("AUTH "), simplified("7391", "0000")));
}

TEST(Diff, OfTheSameIsAllKept) {
  EXPECT_THAT(diff_of("same", "same"), ElementsAre(kept("same")));
  EXPECT_THAT(diff_of("", ""), ElementsAre());
}

TEST(Diff, IsWhatIsLeftAndWhatWasThereWhateverTheBytes) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string before(random() % 30, ' '), now(random() % 30, ' ');
    for (char& c : before) c = static_cast<char>('a' + random() % 3);
    for (char& c : now) c = static_cast<char>('a' + random() % 3);
    std::string left, was;
    std::size_t beyond = 0;  // bytes that are new
    for (const DiffRun& run : diff_of(before, now)) {
      if (run.fate != ByteFate::kRemoved) left += run.bytes;
      was += run.fate == ByteFate::kSimplified ? run.before : run.bytes;
      EXPECT_FALSE(run.bytes.empty());
      EXPECT_TRUE(run.fate != ByteFate::kSimplified || run.before.size() == run.bytes.size());
      for (const char c : run.before) beyond += c == '\0';
    }
    EXPECT_EQ(left, now);
    std::erase(was, '\0');
    EXPECT_EQ(was, before);
    EXPECT_LE(beyond, now.size());
  }
}

TEST(Diff, OfLargePayloadsKnowsTheirEnds) {
  const std::string middle(5'000, 'm');
  const auto runs = diff_of("begin" + middle + "xyz" + middle + "end", "begin" + middle + "end");
  EXPECT_EQ(runs.front().fate, ByteFate::kEssential);
  EXPECT_EQ(runs.back().fate, ByteFate::kEssential);
}

}  // namespace
}  // namespace crashreel
