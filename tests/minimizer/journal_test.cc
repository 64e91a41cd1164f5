#include "minimizer/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "minimizer/minimize.h"
#include "tests/minimizer/fake_oracles.h"
#include "tests/minimizer/scenes.h"

namespace crashreel {
namespace {

using namespace fakes;

constexpr ContentKey kThis = {.low = 7, .high = 9};

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = ::testing::TempDir() + "journal." + test->name() + "." + std::to_string(getpid());
    std::remove(path_.c_str());
  }
  ~JournalTest() override { std::remove(path_.c_str()); }

  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  MinimizeResult minimize_with_journal(Scene& scene, Oracle& oracle, std::uint64_t budget) {
    Result<Journal> journal = Journal::open(path_, kThis);
    EXPECT_TRUE(journal);
    JournalledOracle journalled(oracle, *journal, [](Kept kept) { return content_key(kept); });
    return minimize(scene.items, journalled, {.max_questions = budget});
  }

  std::string path_;
};

TEST_F(JournalTest, GivesBackTheAnswersOfEachQuestionInTheirOrder) {
  {
    Result<Journal> journal = Journal::open(path_, kThis);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->recall({.low = 1, .high = 2}), std::nullopt);
    journal->note({.low = 1, .high = 2}, Verdict::kPasses);
    journal->note({.low = 3, .high = 4}, Verdict::kDifferent);
    journal->note({.low = 1, .high = 2}, Verdict::kReproduces);
  }
  Result<Journal> journal = Journal::open(path_, kThis);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->recall({.low = 1, .high = 2}), Verdict::kPasses);
  EXPECT_EQ(journal->recall({.low = 1, .high = 2}), Verdict::kReproduces);
  EXPECT_EQ(journal->recall({.low = 1, .high = 2}), std::nullopt);
  EXPECT_EQ(journal->recall({.low = 3, .high = 4}), Verdict::kDifferent);
}

TEST_F(JournalTest, AsksNothingAgainWhereverItWasKilled) {
  Scene scene = pairs_scene(500, 4, 3);
  Watched whole(*scene.oracle);
  const MinimizeResult at_once = minimize_with_journal(scene, whole, 1'000);
  const std::string text = read();
  const std::string line = JournalText::line({.key = kThis, .verdict = Verdict::kPasses});
  for (std::size_t cut = 0; cut < text.size(); cut += 17) {
    write(text.substr(0, cut));
    Watched rest(*scene.oracle);
    const MinimizeResult resumed = minimize_with_journal(scene, rest, 1'000);
    EXPECT_EQ(resumed.kept, at_once.kept);
    const std::size_t header = JournalText::header(kThis).size();
    const std::size_t answers = cut < header ? 0 : (cut - header) / line.size();
    EXPECT_EQ(rest.runs, whole.runs - answers);
    EXPECT_EQ(read(), text);
  }
}

TEST_F(JournalTest, RefusesTheJournalOfAnotherMinimizationAndOtherFiles) {
  {
    ASSERT_TRUE(Journal::open(path_, kThis));
  }
  const Result<Journal> other = Journal::open(path_, {.low = 8, .high = 9});
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("another minimization"), std::string::npos);
  write("precious\n");
  EXPECT_FALSE(Journal::open(path_, kThis));
  EXPECT_EQ(read(), "precious\n");
}

TEST_F(JournalTest, IsWrittenByOneAtATime) {
  const Result<Journal> first = Journal::open(path_, kThis);
  ASSERT_TRUE(first);
  EXPECT_FALSE(Journal::open(path_, kThis));
}

TEST_F(JournalTest, TakesNoDamagedLineForAnAnswer) {
  const std::string header = JournalText::header(kThis);
  const std::string line = JournalText::line({.key = kThis, .verdict = Verdict::kReproduces});
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string damaged = line;
    damaged[at] ^= 1;
    const auto parsed = JournalText::parse(header + line + damaged + line);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->lines.size(), 1U) << at;
    EXPECT_EQ(parsed->good_bytes, header.size() + line.size());
  }
}

}  // namespace
}  // namespace crashreel
