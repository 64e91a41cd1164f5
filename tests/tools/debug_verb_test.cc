// Does `crashreel debug` lead to where it says? gdb is driven as an editor does it, through its
// machine interface.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/base64.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;

std::string said_in(int session, const std::string& data) {
  return Json({{"session", session}, {"data", to_base64(data)}}).dump() + "\n";
}

// One of gdb's commands for people, as the machine interface takes it.
std::string console(const std::string& command) {
  return "-interpreter-exec console " + Json(command).dump() + "\n";
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

class DebugVerbTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line, const std::string& standard_input = "") {
    return testing::run_line(line, {.directory = directory_.path(),
                                    .standard_input = standard_input,
                                    .settings = {"HOME=" + directory_.path().string()}});
  }

  void import(const std::string& lines, const std::string& kind, const std::string& program) {
    const CommandRun run =
        type("crashreel import - -q -o crash.reel --kind " + kind + " -- " + program, lines);
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  void import_ledger() {
    import(said_in(0, "5\n") + said_in(0, "7\n") + said_in(0, "-4\n") + said_in(0, "1\n") +
               said_in(0, "-90\n") + said_in(0, "3\n"),
           "stdin", LEDGER);
  }

  // Its threads wait for work; the second input kills it.
  void import_pool() {
    import(said_in(1, "OPEN\n") + said_in(1, "PAY\n"), "server", CRASHREEL_BUILD_DIR "/zoo/pool 0");
  }

  // What gdb prints.
  std::string drive(const std::string& options, const std::string& commands) {
    const CommandRun run = type("crashreel debug crash.reel --mi " + options, commands);
    EXPECT_EQ(run.exit, 0) << run.out << run.err;
    return run.out;
  }

  // With another program in the place of the tool.
  CommandRun debug_under(const std::string& tool, const std::string& script) {
    directory_.write(tool, "#!/bin/sh" + script + "\n");
    std::filesystem::permissions(directory_.file(tool), std::filesystem::perms::owner_all);
    return type("PATH=$PWD:$PATH crashreel debug crash.reel --" + tool);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(DebugVerbTest, StandsBeforeTheInputThatIsAskedFor) {
  import_ledger();
  EXPECT_THAT(drive("--at 3", "-data-evaluate-expression balance\n"), HasSubstr("value=\"12\""));
  EXPECT_THAT(drive("--at 1", "-data-evaluate-expression balance\n"), HasSubstr("value=\"0\""));
}

TEST_F(DebugVerbTest, StandsBeforeTheInputThatKillsIfNoneIsAskedFor) {
  import_ledger();
  const std::string told = drive("", "-data-evaluate-expression balance\n-exec-continue\n");
  EXPECT_THAT(told, AllOf(HasSubstr("before input 5 of 6"), HasSubstr("value=\"9\""),
                          HasSubstr("signal-name=\"SIGABRT\"")));
}

TEST_F(DebugVerbTest, GoesFromInputToInputAndBack) {
  import_ledger();
  const std::string balance = "-data-evaluate-expression balance\n";
  const std::string told =
      drive("--at 1", console("reel next") + balance + console("reel next") + balance +
                          console("reel back") + balance + console("reel goto 4") + balance);
  EXPECT_THAT(told, AllOf(HasSubstr("before input 2 of 6"), HasSubstr("before input 3 of 6"),
                          HasSubstr("before input 4 of 6"), HasSubstr("value=\"8\"")));
  EXPECT_EQ(times(told, "value=\"5\""), 2);
  EXPECT_EQ(times(told, "value=\"12\""), 1);
}

TEST_F(DebugVerbTest, KeepsBreakpointsAndWatchpointsWhenItGoesBack) {
  import_ledger();
  const std::string told =
      drive("--at 4", "-gdb-set can-use-hw-watchpoints 0\n" +  // virtual machines may have none
                          std::string("-break-insert add\n") + console("reel goto 2") +
                          "-exec-continue\n-break-delete 1\n" + "-break-watch balance\n" +
                          console("reel back") + console("reel back") +
                          "-exec-continue\n-exec-continue\n");
  EXPECT_THAT(told, HasSubstr("reason=\"breakpoint-hit\""));
  EXPECT_THAT(told, HasSubstr("value={old=\"0\",new=\"5\"}"));
  EXPECT_THAT(told, HasSubstr("value={old=\"5\",new=\"12\"}"));
}

TEST_F(DebugVerbTest, TellsWhatChangedBetweenTwoInputs) {
  import_ledger();
  const std::string told =
      drive("", console("reel diff 2 4 balance") + console("reel diff 3 3 balance") +
                    "-break-watch balance\n" + console("reel diff 1 2"));
  EXPECT_THAT(told, AllOf(HasSubstr("balance: 5 -> 8"), HasSubstr("balance: unchanged, 12"),
                          HasSubstr("balance: 0 -> 5"), HasSubstr("before input 2 of 6")));
}

TEST_F(DebugVerbTest, FindsTheFirstInputAfterWhichAnExpressionHolds) {
  import_ledger();
  const std::string told =
      drive("--at 1", console("reel until balance > 7") + console("reel until balance == 8"));
  EXPECT_THAT(told, AllOf(HasSubstr("balance > 7 holds after input 2"),
                          HasSubstr("balance == 8 holds after input 3")));
}

// Copies of one start: a place is the same in all of them, threads included.
TEST_F(DebugVerbTest, LeadsThroughAServerWithThreads) {
  import_pool();
  const std::string opened = "*(char*)&'(anonymous namespace)::opened'";
  const std::string told =
      drive("", console("reel diff 1 2 " + opened) + console("reel back") +
                    console("reel until " + opened + " != 0") + "-thread-info\n-exec-continue\n");
  EXPECT_THAT(told, HasSubstr("before input 2 of 2"));
  EXPECT_THAT(told, HasSubstr(" != 0 holds after input 1"));
  EXPECT_THAT(told, HasSubstr("{id=\"3\",target-id="));
  EXPECT_THAT(told, AllOf(HasSubstr("signal-name=\"SIGSEGV\""), HasSubstr("func=\"answer_to\"")));
}

// Its threads are woken by every input, and no copy of a checkpoint has them.
TEST_F(DebugVerbTest, GoesOnFromTheStartWhereACheckpointLacksAThread) {
  std::string inputs;
  for (int i = 0; i < 1200; ++i) inputs += said_in(1, "OPEN\n");
  import(inputs, "server", CRASHREEL_BUILD_DIR "/zoo/pool 0");
  const std::string told = drive("", console("reel goto 1000") + console("reel next") +
                                         "-thread-info\n" + console("reel until 0"));
  EXPECT_THAT(told, HasSubstr("from a checkpoint before input 1000"));
  EXPECT_THAT(told, HasSubstr("a thread was needed"));
  EXPECT_THAT(told,
              AllOf(HasSubstr("before input 1001 of 1200"), HasSubstr("{id=\"3\",target-id=")));
  EXPECT_THAT(told, AllOf(HasSubstr("0 did not hold after any input"),
                          HasSubstr("at the end, behind the last of 1200 inputs")));
}

TEST_F(DebugVerbTest, LeadsThroughAFunctionsCalls) {
  import(said_in(0, "UNSCALE/FULLY") + said_in(0, "MEASURE/5"), "function",
         CRASHREEL_BUILD_DIR "/zoo/adapters/scale_zero-replay");
  const std::string told =
      drive("", console("reel back") + console("reel next") + "-exec-continue\n");
  EXPECT_THAT(told, AllOf(HasSubstr("before input 1 of 2"), HasSubstr("before input 2 of 2"),
                          HasSubstr("signal-name=\"SIGFPE\"")));
}

TEST_F(DebugVerbTest, LeadsThroughRedis) {
  const std::string inputs = CRASHREEL_ZOO_SOURCES "/../cases/redis-acl-self-kill/inputs.jsonl";
  ASSERT_EQ(type("crashreel import " + inputs +
                 " -q -o crash.reel -- redis-server --port 6379 --save '' --appendonly no")
                .exit,
            0);
  const std::string told =
      drive("", "-thread-info\n" + console("reel back") + console("reel inputs") +
                    console("reel next") + "-exec-continue\n");
  EXPECT_THAT(told, AllOf(HasSubstr("bio_close_file"), HasSubstr("bio_lazy_free")));
  EXPECT_THAT(told, AllOf(HasSubstr("before input 3 of 4"), HasSubstr(">       3        2  tail")));
  EXPECT_THAT(told, HasSubstr("signal-name=\"SIGSEGV\""));
}

TEST_F(DebugVerbTest, SaysWhatCanNotBeDone) {
  import_ledger();
  const std::string told =
      drive("", console("reel goto 9") + console("reel goto x") + console("reel goto 6") +
                    console("reel next") + console("reel diff 1 2 nothing"));
  EXPECT_THAT(told, AllOf(HasSubstr("inputs 1 to 6, and 7 is the end"),
                          HasSubstr("`x` is no input's number"),
                          HasSubstr("input 6 is not reached: it was killed by SIGABRT"),
                          HasSubstr("the program does not run"), HasSubstr("no value (")));
  const CommandRun late = type("crashreel debug crash.reel --at 6 --batch");
  EXPECT_EQ(late.exit, 5);
  EXPECT_THAT(late.err, HasSubstr("killed by SIGABRT after 5 of 5 steps; choose an earlier one"));
  EXPECT_EQ(type("crashreel debug crash.reel --at 7 --batch").exit, 2);
  EXPECT_THAT(type("crashreel debug crash.reel --batch --gdb ./none").err,
              HasSubstr("./none: No such file or directory; install gdb"));
  EXPECT_THAT(type("crashreel debug crash.reel --batch --gdb true").err,
              HasSubstr("that has Python"));
  EXPECT_EQ(type("crashreel debug crash.reel --json").exit, 2);
  EXPECT_EQ(type("crashreel debug crash.reel -- ./none").exit, 5);
}

TEST_F(DebugVerbTest, RunsTheSameUnderValgrind) {
#ifdef __clang__
  GTEST_SKIP() << "Debian 12's valgrind gives up at the debug information of this build's compiler";
#endif
  import(said_in(1, "ARM a\n") + said_in(2, "BIND a\n") + said_in(1, "FIRE\n"), "server",
         CRASHREEL_BUILD_DIR "/zoo/canary 0");
  const CommandRun run = type("crashreel debug crash.reel --valgrind --json");
  const Json answer = testing::one_object(run.out);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(std::string(answer["outcome"]), HasSubstr("SIGSEGV"));
  EXPECT_THAT(std::string(answer["report"]), HasSubstr("Invalid read of size 4"));
}

// What Debian 12's valgrind says of programs by clang 14 and later, where it is worst.
TEST_F(DebugVerbTest, SaysWhenValgrindGivesUpAtDebugInformation) {
  import_ledger();
  const CommandRun run = debug_under("valgrind", R"sh(
for word; do case $word in --log-file=*) log=${word#--log-file=}; esac; done
cat > "${log%/*}/4711" <<END
==4711== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info
==4711== Command: ./server
### unhandled dwarf2 abbrev form code 0x25
==4711== Valgrind: debuginfo reader: ensure_valid failed:
==4711== Valgrind:   valid image size of 646808 for image: "./server"
==4711== Valgrind: debuginfo reader: Possibly corrupted debuginfo file.
==4711== Valgrind: I can't recover.  Giving up.  Sorry.
END
exit 1)sh");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("valgrind gave up before the program began; its last words"),
                             HasSubstr("I can't recover.  Giving up"), HasSubstr("-gdwarf-4")));
  EXPECT_THAT(run.err, Not(HasSubstr("player")));
}

// As Debian's rr says it of a processor that it does not know, as many virtual machines' are.
TEST_F(DebugVerbTest, SaysWhatRrSaysWhenItGivesUp) {
  import_ledger();
  const CommandRun run = debug_under("rr", R"sh(
echo '[FATAL ./src/PerfCounters_x86.h:114:compute_cpu_microarch()] AMD CPU type 0xf20 unknown' >&2
exit 1)sh");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("rr gave up before the program began; its last words"),
                             HasSubstr("CPU type 0xf20 unknown"),
                             AnyOf(HasSubstr("no performance counters"),
                                   HasSubstr("perf_event_paranoid"), HasSubstr("Will-rr-work"))));
}

TEST_F(DebugVerbTest, RecordsWithRrOrSaysWhyItCanNot) {
  ASSERT_EQ(type("command -v rr").exit, 0) << "rr is not installed";
  import_ledger();
  const CommandRun run = type("crashreel debug crash.reel --rr --json");
  if (run.exit == 2) {
    EXPECT_THAT(run.err, HasSubstr("rr gave up before the program began"));
    return;
  }
  const Json answer = testing::one_object(run.out);
  EXPECT_THAT(std::string(answer["outcome"]), HasSubstr("SIGABRT"));
  EXPECT_EQ(type("rm -r " + std::string(answer["trace"])).exit, 0);
}

// Whether this machine has what rr needs or not, it can't be run from an empty PATH.
TEST_F(DebugVerbTest, SaysWhenAToolIsMissingOrTheMachineHasNoCounters) {
  import_ledger();
  const std::string command = "PATH= " + testing::crashreel_binary() + " debug crash.reel ";
  const CommandRun valgrind = type(command + "--valgrind");
  EXPECT_EQ(valgrind.exit, 2);
  EXPECT_THAT(valgrind.err, HasSubstr("valgrind: there is no such program; install it"));
  const CommandRun rr = type(command + "--rr");
  EXPECT_EQ(rr.exit, 2);
  EXPECT_THAT(rr.err, AnyOf(HasSubstr("no performance counters"), HasSubstr("perf_event_paranoid"),
                            HasSubstr("rr: there is no such program; install it")));
  EXPECT_EQ(type("crashreel debug crash.reel --rr --at 1").exit, 2);
  EXPECT_EQ(type("crashreel debug crash.reel --rr --valgrind").exit, 2);
}

TEST_F(DebugVerbTest, AnswersWithOneObject) {
  import_ledger();
  const CommandRun run = type("crashreel debug crash.reel --json --batch --ex 'print balance'");
  const Json answer = testing::one_object(run.out);
  EXPECT_EQ(answer["input"], 5);
  EXPECT_EQ(answer["inputs"], 6);
  EXPECT_EQ(answer["gdb_status"], 0);
  EXPECT_THAT(run.err, HasSubstr("$1 = 9"));
}

}  // namespace
}  // namespace crashreel
