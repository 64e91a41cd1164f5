// Whole recordings: a program under record(), from its start to the reel that it leaves.
#include "tools/pipeline/record.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "capture/reel/reel_reader.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/tools/recording.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Record, PassesTheStatusThroughAndLeavesNothingOfAGoodRun) {
  Scene scene;
  const RecordReport report = scene.run({"sh", "-c", "exit 7"});
  EXPECT_TRUE(report.started);
  EXPECT_TRUE(report.recorded);
  EXPECT_EQ(report.status, 7);
  EXPECT_THAT(report.trouble, IsEmpty());
  EXPECT_FALSE(scene.has("ring"));
  EXPECT_FALSE(scene.has("reel"));
}

TEST(Record, KeepsTheVariablesThatAreAskedForAndNoOthers) {
  Scene scene;
  ::setenv("CRASHREEL_TEST_WANTED", "yes", 1);
  ::setenv("CRASHREEL_TEST_SECRET", "no", 1);
  scene.options().environment = {"CRASHREEL_TEST_WANTED", "CRASHREEL_TEST_UNSET"};
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"true"});
  const std::vector<std::string> kept = scene.reel().program.env;
  EXPECT_THAT(kept, Contains("CRASHREEL_TEST_WANTED=yes"));
  EXPECT_THAT(kept, ::testing::Not(Contains(HasSubstr("CRASHREEL_TEST_SECRET"))));
}

TEST(Record, KeepsEachLookAtAClockWhenAskedTo) {
  Scene scene;
  scene.options().save_on = SaveOn::kAlways;
  const auto clocks = [&scene] {
    scene.run({"date"});
    const std::vector<Input> inputs = scene.reel().inputs;
    return std::count_if(inputs.begin(), inputs.end(),
                         [](const Input& input) { return input.kind == InputKind::kClock; });
  };
  EXPECT_EQ(clocks(), 0);
  scene.options().every_clock = true;
  EXPECT_GT(clocks(), 0);
}

TEST(Record, SavesWhatItIsAskedToSave) {
  Scene scene;
  scene.options().save_on = SaveOn::kAbnormal;
  EXPECT_EQ(scene.run({"true"}).reel_path, "");
  EXPECT_EQ(scene.run({"false"}).reel_path, scene.folder() / "reel");
  EXPECT_EQ(scene.reel().crash.exit_status, 1);
  scene.options().save_on = SaveOn::kAlways;
  EXPECT_EQ(scene.run({"true"}).reel_path, scene.folder() / "reel");
  scene.options().save_on = SaveOn::kCrash;
  EXPECT_EQ(scene.run({"sh", "-c", "kill -TERM $$"}).reel_path, "");
  EXPECT_EQ(scene.run({"sh", "-c", "kill -KILL $$"}).reel_path, scene.folder() / "reel");
  EXPECT_EQ(scene.reel().crash.signature.kind, "SIGKILL");
}

TEST(Record, MakesEachLineOfStandardInputAnInput) {
  Scene scene;
  scene.give_stdin("two\none\n\nlast");
  scene.options().save_on = SaveOn::kAlways;
  const RecordReport report = scene.run({"sort", "-o", scene.folder() / "sorted"});
  EXPECT_EQ(report.inputs_seen, 4u);
  EXPECT_EQ(file_bytes(scene.folder() / "sorted"), "\nlast\none\ntwo\n");
  EXPECT_THAT(as_lines(scene.reel()),
              ElementsAre("open 0 stdin inbound", "data 0 two\n", "data 0 one\n", "data 0 \n",
                          "data 0 last", "close 0"));
  EXPECT_EQ(scene.reel().program.kind, TargetKind::kStdin);
}

TEST(Record, TellsOfTheProgramAndNotOfItself) {
  Scene scene;
  scene.give_stdin("x\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"sort", "-o", "/dev/null"});
  const Program program = scene.reel().program;
  EXPECT_THAT(program.argv, ElementsAre("sort", "-o", "/dev/null"));
  EXPECT_THAT(program.executable, ::testing::EndsWith("/sort"));
  EXPECT_EQ(program.working_directory, std::filesystem::current_path());
  EXPECT_FALSE(program.build_id.empty());
}

TEST(Record, KeepsTheLinesOfAProgramThatIsKilledWhileItReads) {
  Scene scene;
  scene.give_stdin("one\ntwo\nthree\n");
  const RecordReport report = scene.run({"sh", "-c", "read a; read b; kill -KILL $$"});
  EXPECT_EQ(report.signal, SIGKILL);
  EXPECT_EQ(report.status, 128 + SIGKILL);
  // The third may have been in flight.
  EXPECT_THAT(data_of(scene.reel()), ::testing::AnyOf(ElementsAre("one\n", "two\n"),
                                                      ElementsAre("one\n", "two\n", "three\n")));
}

TEST(Record, LeavesStandardInputAloneWhenAskedTo) {
  Scene scene;
  scene.give_stdin("one\ntwo\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.options().pump_stdin = false;
  const RecordReport report = scene.run({"sh", "-c", "read a; read b; test $a$b = onetwo"});
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(scene.reel().inputs, IsEmpty());
}

TEST(Record, NeverWritesDownWhatItsRulesName) {
  Scene scene;
  scene.give_stdin("AUTH hunter2\nGET a\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.options().keep_ring = true;
  scene.options().redact_rules = "mask:after:\"AUTH \"\nmask:literal:letmein";
  EXPECT_EQ(scene.run({"sh", "-c", "read a; read b; true", "letmein"}).trouble, "");
  // That the input ended may come after the program did.
  std::vector<std::string> lines = as_lines(scene.reel());
  lines.resize(4);
  EXPECT_THAT(lines, ElementsAre("open 0 stdin inbound", "data 0 AUTH xxxxxxx\n",
                                 "masked 0 13 1:mask:5+7", "data 0 GET a\n"));
  EXPECT_EQ(scene.reel().program.argv[3], "xxxxxxx");
  for (const char* name : {"ring", "reel"}) {
    const std::string bytes = file_bytes(scene.folder() / name);
    EXPECT_EQ(bytes.find("hunter2"), std::string::npos) << name;
    EXPECT_EQ(bytes.find("letmein"), std::string::npos) << name;
  }
}

TEST(Record, SaysWhenTheProgramThatReadsIsNotTheOneThatWasStarted) {
  Scene scene;
  scene.give_stdin("one\ntwo\n");
  const RecordReport report = scene.run({"sh", "-c", "read a; exec sort -o /dev/null"});
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(report.trouble, HasSubstr("became another program by exec"));
}

TEST(Record, RefusesAProgramThatIsNotThere) {
  Scene scene;
  const RecordReport report = scene.run({"no-such-program"});
  EXPECT_FALSE(report.started);
  EXPECT_EQ(report.status, 127);
  EXPECT_THAT(report.trouble, HasSubstr("no-such-program"));
}

TEST(Record, RefusesAProgramThatCantBeRecorded) {
  Scene scene;
  const RecordReport report = scene.run({STATIC_PROGRAM});
  EXPECT_FALSE(report.started);
  EXPECT_EQ(report.status, 125);
  EXPECT_THAT(report.trouble, HasSubstr("statically linked"));
}

TEST(Record, IsTroubleWithoutTheRecorder) {
  RecordOptions options;
  options.argv = {"true"};
  options.library_path = "/no/such/recorder.so";
  const Result<RecordReport> report = record(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, HasSubstr("/no/such/recorder.so"));
  EXPECT_FALSE(record({}).has_value());
}

TEST(Record, DoesNotTouchARingThatIsSomebodyElses) {
  Scene scene;
  put_file(scene.folder() / "ring", "evidence");
  const RecordReport report = scene.run({"sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(report.signal, SIGSEGV);
  EXPECT_FALSE(report.recorded);
  EXPECT_THAT(report.trouble, HasSubstr("File exists"));
  EXPECT_EQ(file_bytes(scene.folder() / "ring"), "evidence");
}

TEST(Record, KeepsTheRingWhenAskedToAndWhenTheReelCantBeWritten) {
  Scene scene;
  scene.give_stdin("one\n");
  scene.options().reel_path = "/no/such/folder/reel";
  const RecordReport report = scene.run({"sh", "-c", "read a; kill -SEGV $$"});
  EXPECT_THAT(report.trouble, HasSubstr("crashreel salvage " + (scene.folder() / "ring")));
  const Result<ReadReel> salvaged = salvage_ring(scene.folder() / "ring");
  ASSERT_TRUE(salvaged.has_value());
  EXPECT_EQ(data_of(salvaged->reel).front(), "one\n");
  EXPECT_EQ(salvaged->reel.crash.signal, SIGSEGV);

  Scene asked;
  asked.options().keep_ring = true;
  EXPECT_EQ(asked.run({"true"}).ring_path, asked.folder() / "ring");
  EXPECT_TRUE(asked.has("ring"));
}

TEST(Record, PassesSignalsOn) {
  Scene scene;
  ASSERT_EQ(::mkfifo((scene.folder() / "ready").c_str(), 0600), 0);
  scene.start({"sh", "-c",
               "trap 'exit 5' TERM; echo > " + (scene.folder() / "ready") +
                   "; while :; do read x < " + (scene.folder() / "ready") + "; done"});
  EXPECT_EQ(file_bytes(scene.folder() / "ready"), "\n");
  ::pthread_kill(scene.thread().native_handle(), SIGTERM);
  EXPECT_EQ(scene.wait().status, 5);
}

}  // namespace
}  // namespace crashreel::testing
