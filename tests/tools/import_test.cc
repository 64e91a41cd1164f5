#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/reel_reader.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::one_object;

constexpr const char* kTwoLines =
    "{\"session\":1,\"data\":\"UElORwo=\"}\n"
    "{\"session\":1,\"kind\":\"close\",\"data\":\"\"}\n";

class ImportTest : public ::testing::Test {
 protected:
  // `line` as typed in the directory, behind "crashreel import".
  CommandRun import(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line("crashreel import " + line,
                             {.directory = directory_.path(), .standard_input = standard_input});
  }
  Reel made() {
    Result<ReadReel> read = read_reel(directory_.file("out.reel"));
    EXPECT_TRUE(read);
    return read ? read->reel : Reel{};
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ImportTest, MakesAReelOfLinesAndAProgramInPath) {
  directory_.write("in.jsonl", kTwoLines);
  CommandRun run = import("in.jsonl -o out.reel -- sh -c 'exit 3'");
  EXPECT_EQ(run.exit, 0) << run.err;
  Reel reel = made();
  EXPECT_EQ(reel.program.kind, TargetKind::kServer);
  EXPECT_THAT(reel.program.executable, ::testing::MatchesRegex("/.*/sh"));
  EXPECT_THAT(reel.program.argv, ::testing::ElementsAre("sh", "-c", "exit 3"));
  EXPECT_THAT(reel.program.build_id, ::testing::MatchesRegex("[0-9a-f]+"));
  ASSERT_EQ(reel.inputs.size(), 2u);
  EXPECT_EQ(reel.inputs[0].data, "PING\n");
  EXPECT_TRUE(reel.loss.reaches_start);
}

TEST_F(ImportTest, ReadsStandardInputAndTakesFilesAlong) {
  directory_.write("server.conf", "port 1\n");
  CommandRun run =
      import("- --kind stdin --file server.conf -o out.reel --json -- /bin/cat", kTwoLines);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(one_object(run.out)["kept"]["records"], 2);
  Reel reel = made();
  EXPECT_EQ(reel.program.kind, TargetKind::kStdin);
  ASSERT_EQ(reel.files.size(), 1u);
  EXPECT_EQ(reel.files[0].path, "server.conf");
  EXPECT_EQ(reel.files[0].bytes, "port 1\n");
}

TEST_F(ImportTest, GivesTheSameInputsThatShowPrints) {
  directory_.write("in.jsonl",
                   "{\"session\":3,\"kind\":\"open\",\"data\":\"\"}\n\n"
                   "{\"session\":3,\"data\":\"/wAK\",\"time_ns\":1200345,\"thread\":2}\n"
                   "{\"session\":9,\"data\":\"\"}\n");
  std::string show = " && crashreel show out.reel --jsonl";
  CommandRun first = import("in.jsonl -q -o out.reel -- /bin/cat > /dev/null" + show);
  EXPECT_THAT(first.out, HasSubstr("\"time_ns\":1200345"));
  CommandRun second = import("- -q -o out.reel -- /bin/cat > /dev/null" + show, first.out);
  EXPECT_EQ(second.out, first.out);
}

TEST_F(ImportTest, NamesTheLineThatIsWrong) {
  for (const char* bad : {"{\"session\":1,\"data\":\"***\"}", "{\"session\":1", "[]",
                          "{\"data\":\"\"}", "{\"session\":-1,\"data\":\"\"}", "\xff\xfe"}) {
    CommandRun run = import("- -o out.reel -- /bin/cat", std::string(kTwoLines) + bad + "\n");
    EXPECT_EQ(run.exit, 2) << bad;
    EXPECT_THAT(run.err, HasSubstr("standard input:3:")) << bad;
  }
  EXPECT_FALSE(std::filesystem::exists(directory_.file("out.reel")));
}

TEST_F(ImportTest, RefusesAnEmptyList) {
  CommandRun run = import("- -o out.reel -- /bin/cat", "\n");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("standard input: no inputs"));
}

TEST_F(ImportTest, EndsWithFiveWhereThereIsNoSuchProgram) {
  for (const char* name : {"no-such-program-anywhere", "./missing", "/etc/passwd", "/tmp"}) {
    CommandRun run = import(std::string("- -o out.reel -- ") + name, kTwoLines);
    EXPECT_EQ(run.exit, 5) << name;
    EXPECT_THAT(run.err, HasSubstr(name));
  }
}

TEST_F(ImportTest, TakesAProgramOfAnotherMachineUnseen) {
  EXPECT_EQ(import("- --no-check -o out.reel -- /opt/none/server -x", kTwoLines).exit, 0);
  EXPECT_EQ(made().program.executable, "/opt/none/server");
  EXPECT_EQ(import("- --no-check -o out.reel -- server", kTwoLines).exit, 2);
}

TEST_F(ImportTest, RefusesLinesThatSayTooLittleOrTooMuch) {
  EXPECT_THAT(import("in.jsonl -o out.reel").err, HasSubstr("'-- PROGRAM ARGS...' is missing"));
  EXPECT_THAT(import("in.jsonl -- /bin/cat").err, HasSubstr("'--output FILE.reel' is missing"));
  EXPECT_THAT(import("-o out.reel -- /bin/cat").err, HasSubstr("INPUTS is missing"));
  EXPECT_THAT(import("a b -o out.reel -- /bin/cat").err, HasSubstr("'b' is one word too many"));
  EXPECT_THAT(import("a --kind socket -o x -- cat").err, HasSubstr("not one of server|stdin"));
  EXPECT_EQ(import("a b -o out.reel -- /bin/cat").exit, 2);
}

TEST_F(ImportTest, NamesFilesThatCantBeReadOrWritten) {
  CommandRun no_input = import("none.jsonl -o out.reel -- /bin/cat");
  EXPECT_EQ(no_input.exit, 2);
  EXPECT_THAT(no_input.err, HasSubstr("none.jsonl: can't be read: No such file"));
  CommandRun no_output = import("- -o none/out.reel -- /bin/cat", kTwoLines);
  EXPECT_EQ(no_output.exit, 2);
  EXPECT_THAT(no_output.err, HasSubstr("none"));
  EXPECT_EQ(import("- --file none.conf -o out.reel -- /bin/cat", kTwoLines).exit, 2);
  EXPECT_THAT(no_output.out, IsEmpty());
}

TEST_F(ImportTest, RefusesTwoFilesThatWouldLieInOnePlace) {
  directory_.write("a.conf", "");
  CommandRun run = import("- --file a.conf --file ./a.conf -o out.reel -- /bin/cat", kTwoLines);
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("a second file named 'a.conf'"));
}

}  // namespace
}  // namespace crashreel
