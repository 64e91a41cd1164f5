// One crash on its whole way, as a user goes it: record, show, replay, minimize, corpus.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::one_object;

constexpr const char* kCrash = "ECHO hello\nDEF a\nECHO world\nRUN a\nECHO never\n";
constexpr const char* kHarmless = "ECHO hello\nQUIT\n";

class ChainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/canary_stdin",
                                    directory_.file("calc"));
  }

  CommandRun type(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line(line,
                             {.directory = directory_.path(), .standard_input = standard_input});
  }

  // With a ring that fits into the smallest /dev/shm that there is.
  CommandRun record(const std::string& options, const std::string& standard_input) {
    return type("crashreel record --ring 4MiB " + options, standard_input);
  }

  // Two inputs that crash ./calc, as a reel.
  void import_crash() {
    CommandRun run = type("crashreel import - -q --kind stdin -o crash.reel -- ./calc",
                          "{\"session\":0,\"data\":\"REVGIGEK\"}\n"
                          "{\"session\":0,\"data\":\"UlVOIGEK\"}\n");
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ChainTest, BringsACrashFromProductionIntoACorpus) {
  EXPECT_EQ(record("-o crash.reel -- ./calc", kCrash).exit, 139);
  EXPECT_THAT(type("crashreel show crash.reel").out, HasSubstr("killed by SIGSEGV"));
  Json replayed = one_object(type("crashreel replay crash.reel --tries 2 --json").out);
  EXPECT_EQ(replayed["reproduced"], 2);
  EXPECT_THAT(std::string(replayed["signature"]), HasSubstr("SIGSEGV"));

  CommandRun minimize = type("crashreel minimize crash.reel -o min.reel --json");
  EXPECT_EQ(minimize.exit, 0) << minimize.err;
  Json minimized = one_object(minimize.out);
  EXPECT_EQ(minimized["inputs_after"], 2);
  EXPECT_LE(minimized["bytes_after"], 12);
  EXPECT_EQ(minimized["one_minimal"], true);
  Json shown = one_object(type("crashreel show min.reel --json").out);
  EXPECT_EQ(shown["lineage"]["origin"], "crash.reel");
  EXPECT_EQ(shown["lineage"]["parent"], type("sha1sum crash.reel").out.substr(0, 40));

  CommandRun plainer = type("crashreel minimize crash.reel -o plain.reel --values --json");
  EXPECT_EQ(plainer.exit, 0) << plainer.err;
  EXPECT_GT(one_object(plainer.out)["value_questions"], 0);
  EXPECT_EQ(one_object(plainer.out)["one_minimal"], true);

  Json added = one_object(type("crashreel corpus add corpus min.reel --json").out);
  std::string seed = added["seeds"][0]["path"];
  EXPECT_EQ(added["seeds"][0]["is_new"], true);
  Json list = one_object(type("crashreel corpus list corpus --json").out);
  EXPECT_EQ(list["seeds"][0]["inputs"], 2);
  EXPECT_EQ(type("crashreel replay " + seed).exit, 0);
  EXPECT_THAT(type("crashreel show " + seed + " --inputs").out, HasSubstr("RUN a"));
}

TEST_F(ChainTest, RecordPassesTheProgramsStatusThrough) {
  EXPECT_EQ(record("-q -- sh -c 'exit 7'", "").exit, 7);
  EXPECT_EQ(record("-q -- sh -c 'kill -KILL $$'", "").exit, 128 + 9);
  EXPECT_EQ(record("-q -- no-such-program-anywhere", "").exit, 127);
  EXPECT_EQ(record("-q -- /etc/passwd", "").exit, 126);
  EXPECT_EQ(type("crashreel record").exit, 125);
  EXPECT_EQ(type("crashreel record --ring 64MB -- ./calc").exit, 125);
}

TEST_F(ChainTest, RecordPrintsItsObjectAfterWhatTheProgramPrinted) {
  CommandRun run = record("--save-on always --json -o calm.reel -- ./calc", kHarmless);
  EXPECT_EQ(run.exit, 0) << run.err;
  std::size_t last_line = run.out.rfind('\n', run.out.size() - 2);
  ASSERT_NE(last_line, std::string::npos) << run.out;
  EXPECT_EQ(run.out.substr(0, last_line + 1), "hello\n");
  Json answer = one_object(run.out.substr(last_line + 1));
  EXPECT_EQ(answer["status"], 0);
  EXPECT_EQ(answer["reel"], "calm.reel");
  EXPECT_TRUE(std::filesystem::exists(directory_.file("calm.reel")));
}

TEST_F(ChainTest, ReplaySaysWhenThereIsNoCrashAndMinimizeWritesNothing) {
  record("-q --save-on always -o calm.reel -- ./calc", kHarmless);
  EXPECT_EQ(type("crashreel replay calm.reel").exit, 1);
  CommandRun minimize = type("crashreel minimize calm.reel -o min.reel --json");
  EXPECT_EQ(minimize.exit, 1);
  EXPECT_EQ(one_object(minimize.out)["reproduced"], false);
  EXPECT_THAT(minimize.err, HasSubstr("did not bring its crash in 3 tries"));
  EXPECT_FALSE(std::filesystem::exists(directory_.file("min.reel")));
}

TEST_F(ChainTest, ReplayTellsAnotherCrashFromTheSame) {
  import_crash();
  Result<ReadReel> read = read_reel(directory_.file("crash.reel"));
  ASSERT_TRUE(read);
  read->reel.crash = {.known = true, .signal = 6, .signature = {"SIGABRT", {}}};
  ASSERT_TRUE(write_reel(read->reel, directory_.file("abort.reel")));
  CommandRun run = type("crashreel replay abort.reel --json");
  EXPECT_EQ(run.exit, 3);
  EXPECT_EQ(one_object(run.out)["different"], 1);
  EXPECT_EQ(type("crashreel minimize abort.reel -o min.reel").exit, 3);
}

TEST_F(ChainTest, ReplayEndsAsSoonAsAnExpectationIsMetOrBroken) {
  import_crash();
  CommandRun run = type("crashreel replay crash.reel --tries 9 --expect crash --json");
  EXPECT_EQ(run.exit, 0);
  EXPECT_EQ(one_object(run.out)["tries"], 1);
  run = type("crashreel replay crash.reel --tries 9 --expect fixed --json");
  EXPECT_EQ(run.exit, 1);
  EXPECT_EQ(one_object(run.out)["tries"], 1);
  EXPECT_EQ(type("crashreel replay crash.reel --tries 9 --bisect").exit, 1);
  EXPECT_EQ(type("crashreel replay crash.reel --expect nothing").exit, 2);
  run = type("crashreel replay crash.reel --tries 9 --rate 20 --json");
  EXPECT_EQ(run.exit, 0);
  EXPECT_EQ(one_object(run.out)["tries"], 2);
  EXPECT_TRUE(one_object(run.out)["rate_interval"].is_null());
  run = type("crashreel replay crash.reel --tries 9 --rate 90 -- cat");
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.out, HasSubstr("no crash in 1 of 1"));
}

TEST_F(ChainTest, ReplayLimitsMemoryInsideItsSandboxAlone) {
  import_crash();
  EXPECT_EQ(type("crashreel replay crash.reel --memory 512MiB").exit, 0);
  const CommandRun run = type("crashreel replay crash.reel --memory 512MiB --no-sandbox");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("leave out '--no-sandbox'"));
}

TEST_F(ChainTest, ReplaySaysBelowWhichRateAMendedCrashMustLie) {
  record("-q --save-on always -o calm.reel -- ./calc", kHarmless);
  CommandRun run = type("crashreel replay calm.reel --tries 20 --jobs 2 --expect fixed");
  EXPECT_EQ(run.exit, 0);
  EXPECT_THAT(run.out, HasSubstr("no crash in 20 of 20"));
  EXPECT_THAT(run.out, HasSubstr("in fewer than 14.0 % of all runs"));
  EXPECT_EQ(type("crashreel replay calm.reel --tries 2 --bisect").exit, 0);
  EXPECT_EQ(type("crashreel replay calm.reel --bisect -- ./missing").exit, 125);
}

TEST_F(ChainTest, ReplayTellsTheRateWithItsInterval) {
  import_crash();
  CommandRun run = type("crashreel replay crash.reel --tries 10 --jobs 2");
  EXPECT_THAT(run.out, HasSubstr("reproduced 10 of 10"));
  EXPECT_THAT(run.out, HasSubstr("between 69.1 % and 100.0 %"));
}

TEST_F(ChainTest, ReplayEndsWithFiveWhereTheProgramCantStart) {
  import_crash();
  for (const char* program : {"./missing", "/etc/passwd"}) {
    CommandRun run = type(std::string("crashreel replay crash.reel -- ") + program);
    EXPECT_EQ(run.exit, 5) << program;
    EXPECT_THAT(run.err, HasSubstr(program));
  }
}

TEST_F(ChainTest, CorpusListWantsACorpus) {
  CommandRun run = type("crashreel corpus list nowhere");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("nowhere"));
  EXPECT_THAT(type("crashreel corpus").err, HasSubstr("'corpus' needs one of: add, list"));
  EXPECT_THAT(type("crashreel corpus --help").out, HasSubstr("corpus list"));
  EXPECT_EQ(type("crashreel corpus --help").exit, 0);
}

TEST_F(ChainTest, SalvageMakesOfARingWhatRecordWouldHave) {
  record("-q --keep-ring --ring-path $PWD/c.ring -o crash.reel -- ./calc", kCrash);
  CommandRun run = type("crashreel salvage c.ring -o again.reel --json");
  EXPECT_EQ(run.exit, 0) << run.err;
  Json first = one_object(type("crashreel show crash.reel --json").out);
  EXPECT_EQ(one_object(run.out)["kept"], first["kept"]);
  first["crash"]["reason"] = "salvage";
  EXPECT_EQ(one_object(run.out)["crash"], first["crash"]);
}

TEST_F(ChainTest, RecordKeepsNothingOlderThanItIsAskedFor) {
  // The pause begins when the program has the first line, however long it took to start.
  const std::string lines =
      "mkfifo seen; exec 3<>seen; (echo old; read line <&3; sleep 0.4; echo new) | ";
  EXPECT_EQ(type(lines +
                 "crashreel record --ring 4MiB --prelude 0 --no-heads --age 300ms --save-on always"
                 " -o a.reel -- cat >seen 3>&-")
                .exit,
            0);
  const Json tail = one_object(type("crashreel show a.reel --json").out)["kept"]["places"]["tail"];
  EXPECT_EQ(tail["most_age_ns"], 300'000'000);
  EXPECT_GE(tail["beyond_age"], 1);
  EXPECT_THAT(type("crashreel show a.reel --inputs").out, Not(HasSubstr("old")));
  EXPECT_EQ(type("crashreel record --age soon -- cat").exit, 125);
}

TEST_F(ChainTest, ReplayAndMinimizeSayWhenAMaskedFieldMayBeWhy) {
  record("-q --redact mask:literal:RUN -o crash.reel -- ./calc", kCrash);
  CommandRun replay = type("crashreel replay crash.reel");
  EXPECT_EQ(replay.exit, 1);
  EXPECT_THAT(replay.err, HasSubstr("input 4 is masked: a masked field may be why"));
  EXPECT_THAT(type("crashreel minimize crash.reel -o min.reel").err, HasSubstr("may be why"));
}

TEST_F(ChainTest, MinimizeSaysWhatOfTheRestIsMasked) {
  record("-q --redact 'mask:after:\"DEF \"' --redact 'mask:after:\"RUN \"' -o crash.reel -- ./calc",
         kCrash);
  CommandRun minimize = type("crashreel minimize crash.reel -o min.reel");
  EXPECT_EQ(minimize.exit, 0) << minimize.err;
  EXPECT_THAT(minimize.out, HasSubstr("2 of these inputs are masked"));
  const CommandRun replay = type("crashreel replay crash.reel --tries 1 --json");
  EXPECT_EQ(replay.exit, 0) << replay.err;
  EXPECT_EQ(one_object(replay.out)["reproduced"], 1);
  EXPECT_EQ(one_object(replay.out)["masked_inputs"], 2);
  EXPECT_THAT(replay.err, Not(HasSubstr("may be why")));
  Json left = one_object(type("crashreel show min.reel --json").out);
  EXPECT_EQ(left["redaction"]["masked_records"], 2);
}

TEST_F(ChainTest, SalvageMasksAndSaysThatTheRingStillHoldsIt) {
  record("-q --keep-ring --ring-path $PWD/c.ring -- ./calc", "ECHO 4111111111111111\nQUIT\n");
  CommandRun run = type("crashreel salvage c.ring -o x.reel --redact 'mask:regex:[0-9]{13,19}'");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("c.ring: still holds in clear what was masked"));
  EXPECT_THAT(type("crashreel show x.reel --inputs").out, HasSubstr("ECHO xxxxxxxxxxxxxxxx"));
  EXPECT_EQ(type("crashreel salvage c.ring -o x.reel --redact mask:regex:[").exit, 2);
  EXPECT_EQ(record("--redact mask:regex:a -- ./calc", "").exit, 125);
}

TEST_F(ChainTest, SalvageTakesWhatIsLeftOfABadRingAndRefusesTheRest) {
  record("-q --keep-ring --ring-path $PWD/c.ring -- ./calc", kHarmless);
  std::string ring = directory_.read("c.ring");
  std::string noise(ring.size(), '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i >> 7);
  directory_.write("noise.ring", noise);
  directory_.write("cut.ring", ring.substr(0, ring.size() / 2));
  directory_.write("empty.ring", "");
  for (const char* name : {"noise.ring", "empty.ring"}) {
    CommandRun run = type(std::string("crashreel salvage -o x.reel ") + name);
    EXPECT_EQ(run.exit, 6) << name;
    EXPECT_THAT(run.err, HasSubstr(name));
    EXPECT_THAT(run.out, IsEmpty());
  }
  CommandRun cut = type("crashreel salvage cut.ring -o x.reel");
  EXPECT_TRUE(cut.exit == 0 || cut.exit == 6) << cut.exit;
  EXPECT_THAT(cut.err, HasSubstr("cut.ring"));
  EXPECT_EQ(type("crashreel salvage none.ring -o x.reel").exit, 2);
  EXPECT_EQ(type("crashreel salvage c.ring -o /no/such/x.reel").exit, 2);
}

}  // namespace
}  // namespace crashreel
