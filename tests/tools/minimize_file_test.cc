// minimize --test: any file, any command.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

class MinimizeFileTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }
  // Minimizes `text` in a file "in.txt" by these options; the JSON that it answered.
  Json minimize(const std::string& text, const std::string& options) {
    directory_.write("in.txt", text);
    run_ = type("crashreel minimize in.txt -o out.txt --json " + options);
    return one_object(run_.out);
  }
  std::string out() const { return directory_.read("out.txt"); }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(directory_.file(name));
  }

  testing::TemporaryDirectory directory_;
  CommandRun run_;
};

std::string numbers(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST_F(MinimizeFileTest, KeepsTheLinesThatAScriptNeeds) {
  directory_.write("test.sh", "#!/bin/sh\ngrep -qx 17 in.txt && grep -qx 90 \"$1\"\n");
  std::filesystem::permissions(directory_.file("test.sh"), std::filesystem::perms::owner_all);
  const Json answer = minimize(numbers(100), "--test ./test.sh --jobs 2");
  EXPECT_EQ(run_.exit, 0) << run_.err;
  EXPECT_EQ(out(), "17\n90\n");
  EXPECT_EQ(answer["one_minimal"], true);
  EXPECT_EQ(answer["pieces_before"], 100);
  EXPECT_EQ(answer["history"].back()[1], 2);
  EXPECT_FALSE(exists("out.txt.journal"));
}

TEST_F(MinimizeFileTest, AsksFewerThanFiftyFiveTimesForFiveLinesOfAThousand) {
  const Json answer =
      minimize(numbers(1'000), "--test \"awk '/^(155|332|405|971|1000)$/{n++} END{exit n!=5}'\"");
  EXPECT_EQ(out(), "155\n332\n405\n971\n1000\n");
  EXPECT_LE(answer["runs"], 55);
}

TEST_F(MinimizeFileTest, ShrinksBytesOnStandardInput) {
  minimize("some words\nand the needle here\n", "--test 'grep -q needle' --stdin --bytes");
  EXPECT_EQ(out(), "needle");
}

TEST_F(MinimizeFileTest, StaysWithinJson) {
  minimize(R"({"a": [1, {"x": [5, 6, 7]}, 3], "b": {"c": null}})",
           "--test 'jq -e \".a[].x? | select(. != null) | index(6)\"' --split json");
  EXPECT_EQ(run_.exit, 0) << run_.err;
  EXPECT_EQ(Json::parse(out()), Json::parse(R"({"a":[{"x":[6]}]})"));
}

TEST_F(MinimizeFileTest, KeepsTheSameCrashOfACommandWithoutAnyScript) {
  directory_.write("crash.sh",
                   "if grep -q B \"$1\"; then echo 'Assertion `b failed' >&2; kill -ABRT $$; fi\n"
                   "if grep -q A \"$1\"; then kill -SEGV $$; fi\n");
  const std::string script = directory_.file("crash.sh");
  const Json answer = minimize("A\nx\ny\nB\nz\n",
                               "--test 'sh " + script + "' --oracle signature --different others");
  EXPECT_EQ(out(), "B\n") << run_.err;
  EXPECT_THAT(std::string(answer["signature"]), HasSubstr("SIGABRT: Assertion"));
  EXPECT_EQ(answer["different"][0]["signature"], "SIGSEGV");
  EXPECT_EQ(directory_.read("others/1-in.txt").substr(0, 1), "A");
}

TEST_F(MinimizeFileTest, GoesOnWhereItStopped) {
  const std::string test = "--test 'grep -qx 77' ";
  const Json first = minimize(numbers(500), test + "--max-questions 6");
  EXPECT_EQ(first["stopped"], true);
  EXPECT_EQ(first["one_minimal"], false);
  EXPECT_TRUE(exists("out.txt.journal"));
  const Json second = minimize(numbers(500), test);
  EXPECT_EQ(second["recalled"], 6);
  EXPECT_EQ(second["stopped"], false);
  EXPECT_EQ(out(), "77\n");
  EXPECT_EQ(static_cast<int>(second["runs"]) + 6, second["questions"]);
}

TEST_F(MinimizeFileTest, WritesTheBestSoFarWhenInterrupted) {
  // The fifth question interrupts the command that asks it.
  directory_.write("test.sh", "echo >>" + directory_.file("count") + "\n" + "[ $(wc -l <" +
                                  directory_.file("count") + ") = 5 ] && kill -INT $PPID\n" +
                                  "grep -qx 77 \"$1\"\n");
  minimize(numbers(500), "--test 'exec sh " + directory_.file("test.sh") + "'");
  EXPECT_EQ(run_.exit, 128 + 2) << run_.err;
  EXPECT_THAT(out(), HasSubstr("77\n"));
  EXPECT_TRUE(exists("out.txt.journal"));
}

TEST_F(MinimizeFileTest, SaysWhatIsWrongWithTheTest) {
  minimize("a\n", "--test false");
  EXPECT_EQ(run_.exit, 1);
  EXPECT_THAT(run_.err, HasSubstr("does not hold for the whole file: it ended with status 1"));
  minimize("a\n", "--test ./no-such-test");
  EXPECT_THAT(run_.err, HasSubstr("can't run './no-such-test'"));
  EXPECT_FALSE(exists("out.txt"));
}

TEST_F(MinimizeFileTest, TakesARunWithoutAnAnswerForNo) {
  const Json answer =
      minimize("a\nb\n", "--test \"grep -q b in.txt || exit 125; grep -q a || exit 3\"");
  EXPECT_EQ(run_.exit, 1);
  EXPECT_EQ(answer["reproduced"], false);
  const Json slow = minimize("a\nb\n", "--test 'grep -q a in.txt || sleep 60; true' --timeout 1");
  EXPECT_EQ(out(), "a\n");
  EXPECT_GE(slow["unresolved_seen"], 1);
}

TEST_F(MinimizeFileTest, VotesAsOftenAsAFlakyTestNeeds) {
  // Every third run says no whatever the candidate is.
  directory_.write("test.sh", "n=$(cat " + directory_.file("count") + "); echo $((n + 1)) >" +
                                  directory_.file("count") +
                                  "; [ $((n % 3)) != 0 ] && grep -qx 7 \"$1\"\n");
  directory_.write("count", "1");
  const Json answer =
      minimize(numbers(60), "--flaky --test 'sh " + directory_.file("test.sh") + "'");
  EXPECT_EQ(out(), "7\n") << run_.err;
  EXPECT_EQ(answer["one_minimal"], true);
  EXPECT_GT(answer["rate"], 0.4);
  EXPECT_LT(answer["rate"], 0.9);
}

TEST_F(MinimizeFileTest, MakesTheRestPlainWhenAskedTo) {
  const Json answer = minimize("Unneeded line\nlimit=4711 Name\n",
                               "--values --test 'awk -F= \"/^limit/ && \\$2 + 0 > 99 { ok = 1 } "
                               "END { exit !ok }\"'");
  EXPECT_EQ(out(), "limit=100 Aaaa\n") << run_.err;
  EXPECT_GT(answer["value_questions"], 0);
}

TEST_F(MinimizeFileTest, TellsItsProgressAsLines) {
  directory_.write("in.txt", numbers(50));
  const CommandRun run = type("crashreel minimize in.txt -o out --test 'grep -qx 7' --json-lines");
  std::istringstream lines(run.out);
  std::vector<Json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(Json::parse(line));
  ASSERT_GE(objects.size(), 3U);
  EXPECT_EQ(objects[0]["progress"]["stage"], "pieces");
  EXPECT_GT(objects[0]["progress"]["bytes_left"], 0);
  EXPECT_EQ(objects[0]["progress"]["rate"], 1);
  EXPECT_TRUE(objects[0]["progress"]["seed"].is_null());
  EXPECT_FALSE(objects.back()["history"].empty());
  EXPECT_EQ(objects.back()["one_minimal"], true);
}

TEST_F(MinimizeFileTest, RefusesOptionsThatWouldHaveNoMeaning) {
  directory_.write("in.txt", "a\n");
  CommandRun run = type("crashreel minimize in.txt -o out --split bytes");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("'--split' has a meaning with --test alone"));
  EXPECT_EQ(type("crashreel minimize in.txt -o out --test true -- ./x").exit, 2);
  EXPECT_EQ(type("crashreel minimize in.txt -o out --test true --split words").exit, 2);
}

}  // namespace
}  // namespace crashreel
