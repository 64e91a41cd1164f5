#include "tools/pipeline/why_not.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "capture/runtime/output_digest.h"
#include "harness/try.h"
#include "tests/capture/reel/scene.h"
#include "tests/tools/run_command.h"
#include "tools/pipeline/replay.h"
#include "tools/pipeline/tail_edge.h"

namespace crashreel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::uint64_t digest_of(const std::string& bytes) {
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.value();
}

TEST(WhyNot, SaysNothingOfAReelThatHasEverything) {
  EXPECT_THAT(why_not(scene("1+ 1:hello 1-"), {}), IsEmpty());
}

TEST(WhyNot, NamesSessionsWhoseBeginningIsLost) {
  Reel reel = scene("1:hello 2+ 2:hello 3:GET 3:GET");
  reel.loss.reaches_start = false;
  EXPECT_THAT(lost_openings_hint(reel),
              StartsWith("2 sessions have lost the beginning, the first is session 1 at input "));
  reel.loss.reaches_start = true;  // then there never was an opening
  EXPECT_EQ(lost_openings_hint(reel), "");
}

// A tail that begins at 100, of sessions that were open before it; their heads were full.
Reel tail_of(const std::string& head, const std::string& tail) {
  Reel reel = scene(head + " #100 " + tail);
  for (Input& input : reel.inputs) {
    input.place = input.seq < 100 ? Place::kHead : Place::kTail;
  }
  reel.loss = {.first_kept_seq = 100, .overwritten_inputs = 50, .reaches_start = false};
  reel.keeping.known = true;
  reel.keeping.heads = 8;
  reel.keeping.heads_full = 1;
  return reel;
}

// The same where the program had answered that session before the input of that number.
Reel answered(Reel reel, std::uint32_t session, std::uint64_t seq) {
  const auto at = std::ranges::find(reel.inputs, seq, &Input::seq);
  reel.inputs.insert(at, {.seq = seq, .session = session, .kind = InputKind::kDigest});
  for (auto input = std::ranges::find(reel.inputs, seq, &Input::seq) + 1;
       input != reel.inputs.end(); ++input) {
    ++input->seq;
  }
  return reel;
}

TEST(TailEdge, SaysWhichInputsMayBeTheRestOfAMessage) {
  const Reel reel = answered(tail_of("2+ 2:SET", "1:lo 1:GET 2:bye 3+ 3:GET"), 1, 101);
  EXPECT_THAT(tail_edge_hint(reel),
              StartsWith("2 sessions go on behind inputs that are lost, the first is session 1 at "
                         "input 100, and had no answer in between: that input may be the rest"));
}

TEST(TailEdge, TakesAnAnsweredSessionForOneThatBeginsAnew) {
  const Reel one = tail_of("", "1:GET 3+ 3:GET");
  EXPECT_THAT(tail_edge_hint(one), HasSubstr("nobody recorded whether it had an answer"));
  EXPECT_EQ(tail_edge_hint(answered(one, 1, 100)), "");
}

TEST(TailEdge, SaysNothingWhereNothingIsLost) {
  Reel reel = tail_of("2+ 2:SET", "2:GET 3+ 3:GET");
  reel.keeping.heads_full = 0;  // what the head has is all that there was
  EXPECT_EQ(tail_edge_hint(reel), "");
  reel.keeping.heads_full = 1;
  EXPECT_THAT(tail_edge_hint(reel), StartsWith("1 session goes on behind inputs that are lost"));
  reel.keeping.heads = reel.keeping.heads_full = 0;  // but for openings none is kept
  EXPECT_THAT(tail_edge_hint(reel), StartsWith("1 session goes on behind inputs that are lost"));
  EXPECT_THAT(lost_openings_hint(reel), StartsWith("1 session has lost the beginning"));
  reel.loss.reaches_start = true;
  EXPECT_EQ(tail_edge_hint(reel), "");
}

TEST(WhyNot, NamesAProgramThatHasChanged) {
  Reel reel = scene("1:hello");
  reel.program.executable = "/bin/server";
  reel.program.build_id = "aa";
  Target target{.executable = "/bin/server", .build_id = "bb"};
  EXPECT_THAT(changed_program_hint(reel, target), HasSubstr("was aa and is bb; give the build"));
  target.build_id = "aa";
  EXPECT_EQ(changed_program_hint(reel, target), "");
  target = {.executable = "/opt/fixed", .build_id = "bb"};  // on purpose
  EXPECT_EQ(changed_program_hint(reel, target), "");
}

class WhyNotFiles : public ::testing::Test {
 protected:
  std::string hint(std::uint64_t bytes, std::optional<std::uint64_t> digest) {
    return changed_file_hint(
        {.path = directory_.file("state.db"), .bytes = bytes, .digest = digest});
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(WhyNotFiles, AreThoseThatAreNotHere) {
  EXPECT_THAT(hint(5, digest_of("state")), HasSubstr("state.db, 5 bytes, which the program had "
                                                     "read at its start, is not here: lay it"));
}

TEST_F(WhyNotFiles, AreThoseWithAnotherContent) {
  directory_.write("state.db", "state");
  EXPECT_EQ(hint(5, digest_of("state")), "");
  EXPECT_THAT(hint(5, digest_of("stade")), HasSubstr("has another content now"));
  EXPECT_THAT(hint(6, digest_of("states")), HasSubstr("has 5 bytes now"));
  EXPECT_THAT(hint(5, std::nullopt), HasSubstr("may have another content"));
}

TEST_F(WhyNotFiles, AreNeverReadWhereTheyAreNone) {
  std::filesystem::create_symlink("/dev/zero", directory_.file("state.db"));
  EXPECT_THAT(hint(0, digest_of("")), HasSubstr("is no file now"));
}

TEST_F(WhyNotFiles, AreThoseOfARelativePath) {
  EXPECT_THAT(changed_file_hint({.path = "state.db", .bytes = 5}),
              HasSubstr("is not where a try runs: name it by its whole path"));
}

// Of a clerk, to whom these lines are sent. What the outcome points to stays.
Outcome tried(const std::string& text) {
  static std::deque<Reel> reels;
  Reel& reel = reels.emplace_back(scene(text));
  for (Input& input : reel.inputs) input.data += "\n";
  const auto target =
      target_of(reel, std::vector<std::string>{CRASHREEL_BUILD_DIR "/zoo/clerk", "7001"});
  EXPECT_TRUE(target) << target.error().message;
  auto outcome = run_try(*target, reel, whole_sequence(reel), {.script = {.keeps_answers = true}});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return *std::move(outcome);
}

// The program has hung up; production had gone on.
TEST(WhyNot, CountsInputsThatNobodyRead) {
  const Outcome outcome = tried("1:QUIT 1:late 1:later 2:PING");
  EXPECT_EQ(outcome.undelivered, 2U);
  EXPECT_EQ(outcome.first_undelivered->data, "late\n");
  EXPECT_THAT(undelivered_hint(outcome), StartsWith("2 inputs found nobody to read them, the "));
}

// The program is there and does not read.
TEST(WhyNot, CountsInputsThatLieUnread) {
  const Outcome outcome = tried("1:WAIT 2:PING 1:one 1:two 2:PING 1:three 2:PING");
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  ASSERT_EQ(outcome.unread.size(), 3U);
  EXPECT_EQ(outcome.unread.front()->data, "one\n");
  EXPECT_THAT(unread_hint(outcome),
              StartsWith("3 inputs were given and never read, the first is "));
  EXPECT_EQ(unread_hint(tried("1:PING 2:PING 1:PING")), "");
}

// Of what a try could not open, production had one by the same name and one by another.
TEST(WhyNot, NamesFilesThatTheTryCouldNotOpen) {
  Reel reel;
  reel.program.working_directory = "/srv";
  reel.files = {{.path = "conf/a", .bytes = "x"}};
  reel.file_digests = {{.path = "/srv/b"}};
  Outcome outcome;
  outcome.missed_files = {{.path = "/etc/other", .error = ENOENT}};
  EXPECT_EQ(missed_file_hint(reel, outcome), "");
  outcome.missed_files.push_back({.path = "/srv/conf/a", .error = EACCES});
  outcome.missed_files.push_back({.path = "b", .error = ENOENT});
  EXPECT_THAT(missed_file_hint(reel, outcome),
              StartsWith("2 files that the program had read in production could not be opened in "
                         "the try, the first is /srv/conf/a (Permission denied): "));
}

TEST(WhyNot, TellsOfRandomBytesThatNobodyRecorded) {
  EXPECT_THAT(made_random_hint(tried("1:TICKET")),
              StartsWith("8 random bytes that the program drew are not in the reel"));
  EXPECT_EQ(made_random_hint(tried("1:PING")), "");
}

TEST(WhyNot, TellsOfProcessorTime) {
  Outcome outcome;
  EXPECT_EQ(real_times_hint(outcome), "");
  outcome.real_times = 1;
  EXPECT_THAT(real_times_hint(outcome), StartsWith("the program asked once for processor time"));
  outcome.real_times = 12;
  EXPECT_THAT(real_times_hint(outcome), StartsWith("the program asked 12 times for"));
}

TEST(WhyNot, TellsOfAReelThatKnowsNoTimes) {
  Reel reel = scene("1:hello 1:again");
  for (Input& input : reel.inputs) input.time_ns = 0;
  EXPECT_THAT(no_times_hint(reel), HasSubstr("does not say when its inputs came"));
  reel.inputs[1].time_ns = 1;
  EXPECT_EQ(no_times_hint(reel), "");
}

TEST(WhyNot, TellsOfThreadsThatTookInInputs) {
  Reel reel = scene("1:hello 2:again");
  EXPECT_EQ(race_hint(reel, {}), "");
  reel.inputs.back().thread = 1;
  EXPECT_EQ(race_hint(reel, {}), "");  // nothing was to come back
  reel.crash.signal = 11;
  EXPECT_THAT(race_hint(reel, {}), StartsWith("2 threads took in what came"));
}

TEST(WhyNot, IsThatThreadsRace) {
  Reel reel = scene("1:RACE 1:RACE 1:PING");
  for (Input& input : reel.inputs) input.data += "\n";
  reel.program.executable = CRASHREEL_BUILD_DIR "/zoo/clerk";
  reel.program.argv = {"clerk", "7001"};
  const auto report = replay(reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->hints, Contains(HasSubstr("answered differently by two tries of the same")));
}

TEST(WhyNot, IsToldByReplayAndInItsJson) {
  const testing::TemporaryDirectory directory;
  const std::string lines =
      "{\"session\":0,\"data\":\"UVVJVAo=\"}\n{\"session\":0,\"data\":\"R0VUIGEK\"}\n";
  const auto type = [&](const std::string& line) {
    return testing::run_line(line, {.directory = directory.path(), .standard_input = lines});
  };
  ASSERT_EQ(type("crashreel import - -q -o c.reel -- " CRASHREEL_BUILD_DIR "/zoo/clerk 0").exit, 0);
  const testing::CommandRun run = type("crashreel replay c.reel --json");
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.err, HasSubstr("replay: 1 input found nobody to read it, the first is input "));
  EXPECT_THAT(run.out, HasSubstr("\"hints\":[\"1 input found nobody"));
}

}  // namespace
}  // namespace crashreel
