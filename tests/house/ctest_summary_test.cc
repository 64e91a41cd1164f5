// The check's count of tests: tools/ctest-summary.awk, which turns ctest's report into numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

// What the script prints for a report with these test cases.
std::string summary(const std::string& test_cases) {
  const std::string report = testing::TempDir() + "ctest_summary_" +
                             testing::UnitTest::GetInstance()->current_test_info()->name() + ".xml";
  std::ofstream(report) << "<?xml version=\"1.0\"?>\n<testsuite tests=\"1\"\n\t>\n"
                        << test_cases << "</testsuite>\n";
  const std::string script = CRASHREEL_SOURCE_DIR "/tools/ctest-summary.awk";
  FILE* output = popen(("awk -f '" + script + "' '" + report + "'").c_str(), "r");
  std::string text;
  std::array<char, 4096> line;
  while (output != nullptr && std::fgets(line.data(), line.size(), output) != nullptr) {
    text += line.data();
  }
  EXPECT_EQ(pclose(output), 0);
  std::filesystem::remove(report);
  return text;
}

std::string test_case(const std::string& status, const std::string& inside) {
  return "\t<testcase name=\"A.B\" classname=\"A.B\" time=\"0\" status=\"" + status + "\">\n" +
         inside + "\t</testcase>\n";
}

std::string skipped(const std::string& output) {
  return test_case("notrun",
                   "\t\t<skipped message=\"SKIP_REGULAR_EXPRESSION_MATCHED\"/>\n"
                   "\t\t<system-out>[ RUN      ] A.B\n" +
                       output + "[  SKIPPED ] A.B (0 ms)\n[  PASSED  ] 0 tests.\n" +
                       "</system-out>\n");
}

TEST(CtestSummary, CountsWhatPassedAndNamesWhatFailed) {
  EXPECT_EQ(summary(test_case("run", "") + test_case("fail", "") + test_case("run", "")),
            "failed A.B\n2 1 0\n");
}

TEST(CtestSummary, TellsTheReasonOfASkippedTest) {
  EXPECT_EQ(summary(skipped("a_test.cc:3: Skipped\nno &lt;ptrace&gt;\nhere\n")),
            "skipped A.B: no <ptrace> here\n0 0 1\n");
}

TEST(CtestSummary, TakesASkipWithoutAReasonForAFailure) {
  EXPECT_EQ(summary(skipped("a_test.cc:3: Skipped\n\n")),
            "failed A.B: skipped without a reason\n0 1 0\n");
}

TEST(CtestSummary, TakesTheLastLineOfAPlainProgramForItsReason) {
  const std::string head = "\t\t<skipped message=\"SKIP_RETURN_CODE=77\"/>\n";
  EXPECT_EQ(
      summary(test_case("notrun", head + "\t\t<system-out>started\nno network\n</system-out>\n")),
      "skipped A.B: no network\n0 0 1\n");
  EXPECT_EQ(summary(test_case("notrun", head + "\t\t<system-out></system-out>\n")),
            "failed A.B: skipped without a reason\n0 1 0\n");
}

TEST(CtestSummary, TakesTestsThatNobodyRunsForFailures) {
  EXPECT_EQ(summary(test_case("disabled", "\t\t<system-out>Disabled</system-out>\n")),
            "failed A.B: is disabled\n0 1 0\n");
  EXPECT_EQ(summary(test_case("notrun", "\t\t<skipped message=\"Unable to find executable\"/>\n")),
            "failed A.B: was not built\n0 1 0\n");
}

// A program whose tests ctest runs as one.
std::string together(const std::string& status, int begun, const std::string& output) {
  return test_case(status, "\t\t<system-out>[==========] Running " + std::to_string(begun) +
                               " tests from 1 test suite.\n" + output + "</system-out>\n");
}

TEST(CtestSummary, CountsEachTestOfAProgramThatRunsMany) {
  EXPECT_EQ(summary(together("run", 3,
                             "[ RUN      ] A.One\n[       OK ] A.One (0 ms)\n"
                             "[ RUN      ] A.Two\nno newline. a_test.cc:3: Skipped\nno network\n\n"
                             "[  SKIPPED ] A.Two (12 ms)\n"
                             "[ RUN      ] A.Six/1\n> [       OK ] A.Six/1 (0 ms)\n"
                             "[  PASSED  ] 2 tests.\n[  SKIPPED ] 1 test, listed below:\n"
                             "[  SKIPPED ] A.Two\n")),
            "skipped A.Two: no network\n2 0 1\n");
}

TEST(CtestSummary, NamesEachTestThatFailedInAProgramThatRunsMany) {
  EXPECT_EQ(
      summary(together("fail", 3,
                       "[ RUN      ] A.One\n[       OK ] A.One (0 ms)\n"
                       "[ RUN      ] A.Two\na_test.cc:3: Failure\n"
                       "[  FAILED  ] A.Two, where GetParam() = 2 (12 ms)\n"
                       "[ RUN      ] A.Six\na_test.cc:5: Skipped\n\n[  SKIPPED ] A.Six (0 ms)\n"
                       "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.Two\n")),
      "failed A.Two\nfailed A.Six: skipped without a reason\n1 2 0\n");
}

TEST(CtestSummary, TakesAProgramThatEndedBeforeItsTestsForAFailure) {
  const std::string first = "[ RUN      ] A.One\n[       OK ] A.One (0 ms)\n";
  EXPECT_EQ(summary(together("fail", 3, first + "[ RUN      ] A.Two\nSEGV\n")),
            "failed A.Two: 1 of 3 tests of A.B had ended\n1 1 0\n");
  EXPECT_EQ(summary(together("run", 2, first)),
            "failed A.B: 1 of 2 tests of A.B had ended\n1 1 0\n");
  EXPECT_EQ(summary(together("run", 0, "")), "failed A.B: has no test to run\n0 1 0\n");
}

TEST(CtestSummary, TakesLeaksThatAreFoundAtTheEndForAFailure) {
  EXPECT_EQ(summary(together("fail", 2,
                             "[ RUN      ] A.One\n[       OK ] A.One (0 ms)\n"
                             "[ RUN      ] A.Two\n[       OK ] A.Two (0 ms)\n"
                             "[  PASSED  ] 2 tests.\nERROR: LeakSanitizer\n")),
            "failed A.B: after its tests\n2 1 0\n");
}

}  // namespace
