// One reel on several builds: a table of verdicts, and the commit that brought the crash.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tools/document.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

// Counts the lines of its standard input; in `lines` it may keep the longest of them.
std::string program_text(const std::string& keep) {
  return "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/random.h>\n"
         "#include <unistd.h>\n"
         "static char longest[16];\nstatic char *volatile where = longest;\n"
         "__attribute__((noinline)) void keep(const char *line, size_t size) {\n" +
         keep +
         "}\n"
         "int main(void) {\n  char line[4096];\n  ssize_t got;\n"
         "  while ((got = read(0, line, sizeof line)) > 0) keep(line, (size_t)got);\n"
         "  return 0;\n}\n";
}

const std::string kNothing = "  (void)line; (void)size;\n";
const std::string kBug = "  if (size > 16) where = (char *)8;\n  where[0] = line[0];\n";
const std::string kOtherBug = "  if (line[0] == 'l') abort();\n  (void)size;\n";

// As it was before: in the same function, but elsewhere in the program, and with more in it.
const std::string kOlderBug =
    "  if (size == 0) puts(\"nothing\");\n  if (size > 16) where = (char *)16;\n"
    "  where[0] = line[0];\n";
const std::string kFlakyBug =
    "  unsigned char side = 0;\n"
    "  if (size > 16 && getrandom(&side, 1, 0) == 1 && side % 2 == 1) where = (char *)8;\n"
    "  where[0] = line[0];\n";

class BuildsTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line) {
    return testing::run_line(
        line, {.directory = directory_.path(),
               .settings = {"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}});
  }

  void type_well(const std::string& line) {
    const CommandRun run = type(line);
    ASSERT_EQ(run.exit, 0) << line << "\n" << run.out << run.err;
  }

  // Two inputs, of which the longer one kills.
  void import_for(const std::string& program) {
    directory_.write("in.jsonl",
                     "{\"session\":0,\"data\":\"c2hvcnQK\"}\n"
                     "{\"session\":0,\"data\":\"bG9uZyBsb25nIGxvbmcgbG9uZyBsb25nCg==\"}\n");
    type_well("crashreel import in.jsonl -q --kind stdin -o crash.reel -- " + program);
  }

  void build(const std::string& name, const std::string& keep, const std::string& flags = "") {
    directory_.write(name + ".c", program_text(keep));
    type_well(CRASHREEL_C_COMPILER " -O1 -g " + flags + " -o " + name + " " + name + ".c");
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(BuildsTest, TellsWhatEachBuildDoes) {
  build("release", kBug);
  build("asan", kBug, "-fsanitize=address");
  build("fix", kNothing);
  build("odd", kOtherBug);
  import_for("./release");
  const CommandRun run = type(
      "crashreel replay crash.reel --tries 2 --build ./release --build ./asan --build ./fix "
      "--build ./odd --json");
  EXPECT_EQ(run.exit, 0) << run.err;
  const Json builds = one_object(run.out)["builds"];
  std::vector<std::string> verdicts;
  for (const Json& each : builds) verdicts.push_back(each["verdict"]);
  EXPECT_EQ(verdicts,
            (std::vector<std::string>{"same crash", "same crash", "no crash", "another crash"}));
  EXPECT_EQ(builds[0]["reproduced"], 2);
  EXPECT_EQ(builds[0]["seq"], 1);
  EXPECT_EQ(builds[1]["sanitizer"], true);
  EXPECT_NE(builds[0]["build_id"], builds[2]["build_id"]);
  type_well("cp crash.reel small.reel");
  EXPECT_THAT(type(testing::commands_in_scene("README.md", "builds")).out,
              HasSubstr("  ./fix      no crash    0 of 1     -         "));
}

// The seeds are the same in every run, so that the flaky one's counts are, too.
TEST_F(BuildsTest, PutsAnOlderBuildAndAFlakyOneIntoOneTable) {
  build("release", kBug);
  build("older", kOlderBug, "-O0");
  build("flaky", kFlakyBug);
  import_for("./release");
  const std::string line =
      "crashreel replay crash.reel --tries 8 --build ./release --build ./older --build ./flaky";
  const CommandRun run = type(line + " --json");
  EXPECT_EQ(run.exit, 0) << run.err;
  const Json builds = one_object(run.out)["builds"];
  std::vector<std::string> verdicts;
  for (const Json& each : builds) verdicts.push_back(each["verdict"]);
  EXPECT_EQ(verdicts,
            (std::vector<std::string>{"same crash", "same crash", "same crash now and then"}));
  EXPECT_EQ(builds[1]["reproduced"], 8);
  EXPECT_GT(builds[2]["reproduced"], 0);
  EXPECT_GT(builds[2]["passed"], 0);
  EXPECT_EQ(builds[2]["reproduced"].get<int>() + builds[2]["passed"].get<int>(), 8);
  EXPECT_LT(builds[2]["rate_interval"][1], 1);
  const std::string crashed = std::to_string(builds[2]["reproduced"].get<int>());
  EXPECT_THAT(type(line).out,
              HasSubstr("  ./flaky    same crash now and then  " + crashed + " of 8"));
}

// 1 where a try crashed the same way, 0 where none did, 125 where that can't be told.
TEST_F(BuildsTest, AnswersGitBisectForOlderAndFlakyBuilds) {
  build("release", kBug);
  build("older", kOlderBug, "-O0");
  build("flaky", kFlakyBug);
  build("odd", kOtherBug);
  import_for("./release");
  // The stack with its names, which builds share.
  type_well("crashreel minimize crash.reel -q -o small.reel");
  const auto bisect = [&](const std::string& options, const std::string& program) {
    return type("crashreel replay small.reel --bisect " + options + " -- " + program).exit;
  };
  EXPECT_EQ(bisect("", "./older"), 1);
  EXPECT_EQ(bisect("--tries 8", "./flaky"), 1);
  EXPECT_EQ(bisect("--tries 2", "./odd"), 125);
  EXPECT_EQ(bisect("", "./none"), 125);
  const Json seeds = one_object(
      type("crashreel replay small.reel --tries 8 --json -- ./flaky").out)["reproducing_seeds"];
  int well = 1;
  while (std::ranges::count(seeds, Json(well)) != 0) ++well;
  EXPECT_EQ(bisect("--seed " + std::to_string(well), "./flaky"), 0);
}

TEST_F(BuildsTest, NamesTheBuildThatCantBeTried) {
  build("release", kBug);
  import_for("./release");
  const CommandRun run = type("crashreel replay crash.reel --build ./release --build ./none");
  EXPECT_EQ(run.exit, 5);
  EXPECT_THAT(run.out, HasSubstr("./none     no answer"));
  EXPECT_THAT(type("crashreel replay crash.reel --build ./release --bisect").err,
              HasSubstr("'--build' makes a table"));
  EXPECT_THAT(type("crashreel replay crash.reel --build ./release -- ./release").err,
              HasSubstr("leave out '--'"));
}

// Ten commits, each with another line of text; the seventh brings the bug, the fourth does not even
// compile.
TEST_F(BuildsTest, LetsGitFindTheCommitThatBroughtTheCrash) {
  type_well("git init -q -b main repository");
  for (int commit = 1; commit <= 10; ++commit) {
    std::string text = program_text(commit < 7 ? kNothing : kBug);
    text += "/* " + std::to_string(commit) + " */\n";
    if (commit == 4) text += "half a line of\n";
    directory_.write("repository/lines.c", text);
    type_well(
        "cd repository && git add lines.c && git -c user.name=n -c user.email=e@e.e commit "
        "-q -m 'commit " +
        std::to_string(commit) + "'");
  }
  directory_.write("repository/Makefile",
                   "server: lines.c\n\t" CRASHREEL_C_COMPILER " -O1 -g -o server lines.c\n");
  type_well("make -s -C repository");
  import_for("repository/server");
  // The stack with its names, as a reel has it that was minimized.
  type_well("crashreel minimize crash.reel -q -o repository/small.reel");
  type_well("cd repository && git bisect start main HEAD~9");
  const CommandRun run =
      type("cd repository && " + testing::commands_in_scene("README.md", "bisect"));
  EXPECT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(type("cd repository && git show -s --format=%s refs/bisect/bad").out,
              HasSubstr("commit 7\n"));
}

}  // namespace
}  // namespace crashreel
