// The promise of the two commands and of the README, kept as a stranger would see it kept: the real
// script, real servers, whole runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/quickstart/quickstart_run.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;

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
      {"bash", "-euo", "pipefail", "-c", commands_of_document("README.md")},
      {.directory = CRASHREEL_SOURCE_DIR, .settings = {"TMPDIR=" + work.path().string()}});
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("status 139"));
  EXPECT_THAT(run.out, HasSubstr("reproduced 10 of 10"));
  EXPECT_THAT(run.out, HasSubstr("sufficient: 8 of 508 inputs are needed"));
  EXPECT_THAT(run.out, HasSubstr("reproduced 5 of 5"));
}

}  // namespace
}  // namespace crashreel::testing
