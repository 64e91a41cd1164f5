// The promise of the two commands and of the README, kept as a stranger would see it kept: the real
// script, real servers, whole runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/tools/document.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::run_command;
using testing::TemporaryDirectory;

CommandRun quickstart(const TemporaryDirectory& work, std::vector<std::string> options) {
  std::vector<std::string> argv = {CRASHREEL_SOURCE_DIR "/tools/quickstart", "--built",
                                   CRASHREEL_BUILD_DIR, "--work", work.path().string()};
  argv.insert(argv.end(), options.begin(), options.end());
  return run_command(argv);
}

nlohmann::json last_line(const std::string& text) {
  const std::string lines = text.substr(0, text.find_last_not_of('\n') + 1);
  return nlohmann::json::parse(lines.substr(lines.rfind('\n') + 1), nullptr, false);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QuickstartSeed);
class QuickstartSeed : public ::testing::TestWithParam<int> {};

TEST_P(QuickstartSeed, EndsWithTheFourCommandsInOrder) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--only-server", "--seed", std::to_string(GetParam())});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  const nlohmann::json last = last_line(run.out);
  EXPECT_GE(last["inputs_seen"], 100'000);
  EXPECT_EQ(last["inputs_kept"], 20'000);
  EXPECT_EQ(last["reproduced"], 10);
  EXPECT_EQ(last["inputs_after"], 4);  // the script has held them against the case itself
  EXPECT_LE(last["questions"].get<double>(), 1.25 * last["bound"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(All, QuickstartSeed, ::testing::Range(1, SEEDS + 1));

TEST(Quickstart, ShowsAProgramThatReadsItsStandardInputToo) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--seed", "77"});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("304 inputs -> 4"));
}

TEST(Quickstart, SaysWhenTheServerIsMendedAndShowsTheZooInstead) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--server", CRASHREEL_BUILD_DIR "/zoo/canary"});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("mended it"));
  EXPECT_EQ(last_line(run.out)["inputs_after"], 3);
}

TEST(Quickstart, SaysWhenThereIsNoSuchServer) {
  const TemporaryDirectory work;
  const CommandRun run = quickstart(work, {"--server", "/nowhere/server"});
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("/nowhere/server"));
}

TEST(Readme, EveryCommandOfItsTourWorks) {
  const TemporaryDirectory work;
  const CommandRun run = run_command(
      {"bash", "-euo", "pipefail", "-c", testing::commands_of_document("README.md")},
      {.directory = CRASHREEL_SOURCE_DIR, .settings = {"TMPDIR=" + work.path().string()}});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("status 139"));
  EXPECT_THAT(run.out, HasSubstr("reproduced 10 of 10"));
  EXPECT_THAT(run.out, HasSubstr("sufficient: 8 of 508 inputs are needed"));
  EXPECT_THAT(run.out, HasSubstr("reproduced 5 of 5"));
}

}  // namespace
}  // namespace crashreel
