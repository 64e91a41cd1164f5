#include "tools/pipeline/stderr_tee.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "capture/reel/reel.h"
#include "tools/pipeline/program_check.h"

namespace crashreel::testing {
namespace {

using ::testing::IsEmpty;

std::string picked(const std::string& text) {
  ReportPicker picker;
  picker.add(text);
  return picker.take_reports();
}

TEST(ReportPicker, KeepsAReportUpToItsSummary) {
  const std::string report =
      "WARNING: ThreadSanitizer: data race (pid=7)\n"
      "  Write of size 4 at 0x1 by thread T1:\n"
      "    #0 main race.cc:3\n"
      "\n"
      "SUMMARY: ThreadSanitizer: data race race.cc:3 in main\n";
  EXPECT_EQ(picked("listening\n==================\n" + report + "==================\nbye\n"),
            report);
}

TEST(ReportPicker, KeepsOfARuntimeErrorWhatIsIndentedBelowIt) {
  const std::string report =
      "a.cc:2:5: runtime error: index 5 out of bounds\n"
      "a.cc:1:1: note: declared here\n"
      "  int a[4];\n"
      "      ^ \n";
  EXPECT_EQ(picked("one\n" + report + "secret\n  of the program\n"), report);
}

TEST(ReportPicker, KeepsAllReportsInTheirOrder) {
  const std::string first = "a.cc:1:1: runtime error: first\n";
  const std::string second = "==1==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak\n";
  EXPECT_EQ(picked(first + "between\n" + second), first + second);
}

TEST(ReportPicker, KeepsTheSameInWhateverPiecesItComes) {
  const std::string text =
      "a\na.cc:1:1: runtime error: x\n  detail\nb\n==1==ERROR: A Sanitizer: no";
  ReportPicker picker;
  for (const char byte : text) picker.add({&byte, 1});
  EXPECT_EQ(picker.take_reports(), picked(text));
  EXPECT_EQ(picked(text), "a.cc:1:1: runtime error: x\n  detail\n==1==ERROR: A Sanitizer: no\n");
}

TEST(ReportPicker, KeepsNothingOfAProgramThatOnlyTalks) {
  EXPECT_THAT(picked("ERROR: disk full\nSUMMARY: 3 requests\nSanitizer: off\n"), IsEmpty());
}

TEST(ReportPicker, StopsAtTheBoundAndCutsLongLines) {
  std::string text = "==1==WARNING: MemorySanitizer: use\n";
  while (text.size() < 4 * kMaxReportBytes) text += std::string(9000, 'x') + "\n";
  EXPECT_EQ(picked(text).size(), kMaxReportBytes);
}

TEST(StderrTee, HandsOnAllThatIsThere) {
  int sink[2];
  ASSERT_EQ(::pipe(sink), 0);
  auto tee = StderrTee::make(sink[1]);
  ASSERT_TRUE(tee.has_value());
  const std::string text = "before\na.cc:1:1: runtime error: x\nafter without an end";
  ASSERT_EQ(::write(tee->program_end(), text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  while (tee->step()) {
  }
  EXPECT_GE(tee->fd(), 0) << "the program may still write";
  tee->close_program_end();
  tee->step();
  EXPECT_LT(tee->fd(), 0);
  ::close(sink[1]);
  std::string handed_on(200, '\0');
  handed_on.resize(static_cast<std::size_t>(::read(sink[0], handed_on.data(), handed_on.size())));
  ::close(sink[0]);
  EXPECT_EQ(handed_on, text);
  EXPECT_EQ(tee->take_reports(), "a.cc:1:1: runtime error: x\n");
}

TEST(StderrTee, IsForProgramsWithASanitizerOnly) {
  EXPECT_TRUE(check_program(OVERFLOWN).has_sanitizer);
  EXPECT_TRUE(check_program(MISINDEXED).has_sanitizer);
  EXPECT_FALSE(check_program(SUBJECT).has_sanitizer);
}

}  // namespace
}  // namespace crashreel::testing
