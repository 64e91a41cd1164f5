// How does a try of each kind of program end, and what is known of it then?
#include "harness/try.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Try, FindsTheCrashOfTheCanary) {
  const Reel reel = lines("1:SET_a_b 2:PING 1:ARM_a 2:BIND_a 2:PING 1:FIRE 2:PING");
  const Outcome outcome = try_server("canary", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_EQ(in_flight(outcome), "FIRE\n");
  EXPECT_EQ(outcome.steps, 9u);  // seven inputs and two openings
  EXPECT_EQ(outcome.performed, 8u);
  EXPECT_EQ(outcome.signature.kind, "SIGSEGV");
  EXPECT_EQ(outcome.signature.frames.front().module, "canary");
}

TEST(Try, SaysThatAProgramSurvives) {
  const Reel reel = lines("1:ARM_a 1:FIRE 2:BIND_a");
  const Outcome outcome = try_server("canary", reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.performed, outcome.steps);
  EXPECT_EQ(outcome.answer_bytes, std::string("OK\nBANG\nERR no such trap\n").size());
  EXPECT_THAT(outcome.output_tail, HasSubstr("listening 7001"));
}

TEST(Try, FindsACrashInAWorkerThread) {
  const Reel reel = lines("1:OPEN 1:hello 2:PAY 2:late");
  const Outcome outcome = try_server("pool", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "PAY\n");
  EXPECT_EQ(outcome.signature.frames.front().module, "pool");
}

TEST(Try, SaysThatAProgramNeverListened) {
  const Outcome outcome = try_server("deaf", lines("1:hello"));
  EXPECT_EQ(outcome.ending, Ending::kDeaf) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.performed, 0u);
}

TEST(Try, SaysWhatAProgramSaidThatDidNotStart) {
  const Outcome outcome = try_server("stillborn", lines("1:hello"));
  EXPECT_EQ(outcome.ending, Ending::kNotStarted) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.output_tail, "stillborn: no configuration\n");
}

TEST(Try, EndsAProgramThatHangs) {
  const Reel reel = lines("1:hello 1:SPIN 2:late");
  const Outcome outcome = try_server("busy", reel, kImpatient);
  EXPECT_EQ(outcome.ending, Ending::kHung) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "SPIN\n");
}

// Nobody has to wait until it has stood still for long: the locks tell.
TEST(Try, EndsAProgramWhoseThreadsWaitForOneAnother) {
  const Reel reel = lines("1:T 2:W 1:S 2:late");
  const Outcome outcome = try_server("embrace", reel);
  EXPECT_EQ(outcome.ending, Ending::kHung) << testing::PrintToString(outcome);
  EXPECT_TRUE(outcome.stands_still);
  EXPECT_EQ(in_flight(outcome), "S\n");
  EXPECT_EQ(outcome.performed, 5u);  // of six: what comes too late is not even sent
}

TEST(Try, LeavesWorkersAloneThatHaveNothingToDo) {
  const Outcome outcome = try_server("embrace", lines("1:W 2:S 1:T 2:S"));
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
}

TEST(Try, EndsASessionAsTheClientDid) {
  const Reel reel = lines("1:3 1:4 1- 2:5 2-104 3:ASK");
  const Outcome outcome = try_server("parting", reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.answer_bytes, std::string("OK\nOK\nsum 7\nOK\nends 1, resets 1\n").size());
  EXPECT_EQ(try_server("parting", lines("1:3 1- 2:PAY")).ending, Ending::kSurvived);
  EXPECT_EQ(try_server("parting", lines("1:3 1-104 2:PAY")).ending, Ending::kCrashed);
}

TEST(Try, SeesACrashThatTheProgramHushesUp) {
  const Reel reel = lines("1:hello 1:BREAK");
  const Outcome outcome = try_server("hushed", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_EQ(outcome.signature.frames.front().module, "hushed");
  EXPECT_THAT(outcome.output_tail, Not(HasSubstr("nothing to see")));
}

TEST(Try, LetsTheProgramsOwnHandlerSpeakWhereThatIsWanted) {
  const Reel reel = lines("1:hello 1:BREAK");
  const Outcome quiet = try_server("hushed", reel);
  EXPECT_TRUE(quiet.is_handled);
  EXPECT_THAT(quiet.report, IsEmpty());
  const Outcome spoken = try_server("hushed", reel, {.script = {.lets_speak = true}});
  EXPECT_EQ(spoken.ending, Ending::kCrashed) << testing::PrintToString(spoken);
  EXPECT_EQ(spoken.code, SIGSEGV);
  EXPECT_EQ(spoken.signature, quiet.signature);
  EXPECT_EQ(spoken.report, "nothing to see here\n");
}

// It is given as long as any program, and what it said until then is its report.
TEST(Try, EndsAHandlerThatNeverEnds) {
  TryOptions options = kImpatient;
  options.script.lets_speak = true;
  const Outcome outcome = try_server("hushed", lines("1:LINGER 1:BREAK"), options);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGSEGV);
  EXPECT_EQ(outcome.report, "nothing to see here\n");
}

TEST(Try, LetsNobodySpeakWhoHasNoHandler) {
  const Outcome outcome =
      try_server("pool", lines("1:OPEN 2:PAY"), {.script = {.lets_speak = true}});
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_FALSE(outcome.is_handled);
  EXPECT_THAT(outcome.report, IsEmpty());
}

TEST(Try, FindsALeakWhereThatIsSought) {
  Reel reel = lines("1:L 1:K 1:L");
  EXPECT_EQ(try_server("leaky", reel).ending, Ending::kSurvived);
  reel.crash.report = "==1==ERROR: LeakSanitizer: detected memory leaks\n";
  const Outcome outcome = try_server("leaky", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.signature.kind, kLeakKind);
  EXPECT_EQ(outcome.signature.frames.at(0).symbol, "keep_anew");
  Reel tight = lines("1:L 1:L 1:K");
  tight.crash.report = reel.crash.report;
  EXPECT_EQ(try_server("leaky", tight).ending, Ending::kSurvived);
}

TEST(Try, BelievesNothingThatAProgramWroteOverTheScript) {
  const Reel reel = lines("1:hello 1:more");
  const Outcome outcome = try_server("vandal", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, SIGABRT);
  EXPECT_LE(outcome.performed, 3u);
}

TEST(Try, SaysThatTheSystemCouldNotExecuteTheProgram) {
  const Reel reel = lines("1:hello");
  auto target = target_of(reel, {{zoo("canary"), "7001"}});
  ASSERT_TRUE(target);
  target->executable = CRASHREEL_SOURCE_DIR "/.clang-format";
  const auto outcome = run_try(*target, reel, whole_sequence(reel));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(outcome->output_tail, EndsWith(".clang-format: Permission denied"));
}

TEST(Try, SaysThatThePlayerNeverCameUp) {
  const Reel reel = lines("1:hello");
  auto target = target_of(reel, {{zoo("stillborn")}});
  ASSERT_TRUE(target);
  target->player_path = "";
  const auto outcome = run_try(*target, reel, whole_sequence(reel));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->ending, Ending::kNotAttached);
}

TEST(Try, OfAServerWithoutInputsIsOverWhenItListensAndIdles) {
  const Outcome outcome = try_server("canary", lines(""));
  EXPECT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.steps, 0u);
}

Outcome try_stdin(const std::string& name, const Reel& reel) {
  return try_once(reel, {zoo(name)}, kImpatient);
}

TEST(StdinTry, FindsTheCrashOfTheCanary) {
  const Reel reel = lines("0:ECHO_x 0:DEF_a 0:RUN_b 0:RUN_a 0:ECHO_y", TargetKind::kStdin);
  const Outcome outcome = try_stdin("canary_stdin", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.steps, 5u);
  EXPECT_EQ(outcome.performed, 4u);
  EXPECT_EQ(in_flight(outcome), "RUN a\n");
  EXPECT_EQ(outcome.signature.frames.front().module, "canary_stdin");
}

TEST(StdinTry, EndsWithTheProgramWhenAllIsRead) {
  const Reel reel = lines("0:ECHO_x 0:ECHO_y", TargetKind::kStdin);
  const Outcome outcome = try_stdin("canary_stdin", reel);
  EXPECT_EQ(outcome.ending, Ending::kExited) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.performed, 2u);
  EXPECT_EQ(outcome.output_tail, "x\ny\n");
}

TEST(StdinTry, TellsTheFramesOfAnOverflowInCodeWithoutUnwindTables) {
  const Reel reel = lines("0:etc 0:LOOP 0:PATH", TargetKind::kStdin);
  const Outcome outcome = try_stdin("recursion", reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.signature.kind, "SIGSEGV (stack overflow)");
  const auto& frames = outcome.signature.frames;
  EXPECT_TRUE(std::any_of(frames.begin(), frames.end(),
                          [](const Frame& frame) { return frame.module == "recursion"; }));
  EXPECT_EQ(compare(outcome.signature, try_stdin("recursion", reel).signature).same(), true);
}

class Word : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(Word, IsInFlightWhenItsProgramDies) {
  const auto [word, signal] = GetParam();
  const Reel reel = scene(std::string("0:some 0:more 0:") + word + " 0:late 0:later");
  Reel stdin_reel = reel;
  stdin_reel.program.kind = TargetKind::kStdin;
  const Outcome outcome = try_stdin("asserts", stdin_reel);
  EXPECT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, signal);
  EXPECT_EQ(in_flight(outcome), word);
  EXPECT_EQ(outcome.performed, 3u);
  const auto& frames = outcome.signature.frames;
  EXPECT_TRUE(std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
    return frame.module == "asserts";
  })) << describe(outcome.signature, 10);
}

INSTANTIATE_TEST_SUITE_P(Of, Word,
                         testing::Values(std::pair{"ABORT", SIGABRT}, std::pair{"ASSERT", SIGABRT},
                                         std::pair{"NULL", SIGSEGV}, std::pair{"WILD", SIGSEGV}),
                         [](const auto& word) { return std::string(word.param.first); });

TEST(StdinTry, TakesAProgramThatClosesItsStandardInputEarly) {
  Reel reel = scene("0:some 0:CLOSE 0:late 0:later");
  reel.program.kind = TargetKind::kStdin;
  const Outcome outcome = try_stdin("asserts", reel);
  EXPECT_EQ(outcome.ending, Ending::kExited) << testing::PrintToString(outcome);
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.performed, 2u);
  EXPECT_EQ(outcome.output_tail, "4\n2 words\n");
}

// The program reads with a buffer of a MiB.
TEST(StdinTry, GivesOneReadOneInput) {
  Reel reel = scene("0:a 0:bb 0:" + std::string(4096, 'x') + " 0:dddd");
  reel.program.kind = TargetKind::kStdin;
  EXPECT_EQ(try_stdin("asserts", reel).output_tail, "1\n2\n4096\n4\n");
}

TEST(StdinTry, GivesAnInputThatIsLongerThanThePipeInPieces) {
  Reel reel = scene("0:a 0:" + std::string(10000, 'x') + " 0:b");
  reel.program.kind = TargetKind::kStdin;
  const Outcome outcome = try_stdin("asserts", reel);
  EXPECT_EQ(outcome.output_tail, "1\n4096\n4096\n1808\n1\n");
  EXPECT_EQ(outcome.performed, 3u);
}

TEST(StdinTry, OfAProgramWithoutInputsSeesTheEndAtOnce) {
  const Outcome outcome = try_stdin("asserts", lines("", TargetKind::kStdin));
  EXPECT_EQ(outcome.ending, Ending::kExited) << testing::PrintToString(outcome);
  EXPECT_THAT(outcome.output_tail, IsEmpty());
}

}  // namespace
}  // namespace crashreel
