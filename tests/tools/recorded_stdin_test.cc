// Debian's programs that read their standard input: recorded, and replayed to the same end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/jsonl.h"
#include "tests/tools/recorded_program.h"
#include "tests/tools/recording.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(RecordedShell, ReadsTheSameStatementsAndEndsTheSame) {
  Scene scene;
  scene.give_stdin(
      "create table t(a);\ninsert into t values(6),(7);\nselect sum(a) from t;\n.exit 3\n");
  scene.options().save_on = SaveOn::kAlways;
  ASSERT_EQ(scene.run({"sqlite3"}).status, 3);
  const Reel reel = scene.reel();
  EXPECT_EQ(reel.program.kind, TargetKind::kStdin);
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kExited);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.output_tail, "13\n");
  EXPECT_EQ(outcome.performed, outcome.steps);
}

TEST(RecordedInterpreter, DiesOfTheSameStatement) {
  const std::string path = CRASHREEL_SOURCE_DIR "/tests/cases/jimsh-upvar-cycle/inputs.jsonl";
  std::string statements = "puts [expr 6*7]\n";
  const std::vector<Input> fatal = parse_jsonl(file_bytes(path), path).value();
  for (const Input& input : fatal) statements += input.data;
  Scene scene;
  scene.give_stdin(statements);
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"jimsh"});
  const Reel reel = scene.reel();
  if (!reel.crash.known) GTEST_SKIP() << "this jimsh survives the case: it is mended";
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_THAT(report->signature.kind, StartsWith("SIGSEGV"));
  EXPECT_THAT(tried(reel).output_tail, HasSubstr("42\n"));
}

}  // namespace
}  // namespace crashreel::testing
