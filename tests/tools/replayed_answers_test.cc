// What a replay answers, against what production answered under the recorder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/reel_writer.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/tools/run_command.h"
#include "tools/pipeline/replay.h"

namespace crashreel::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kClerk = CRASHREEL_BUILD_DIR "/zoo/clerk";

class ReplayedAnswers : public ::testing::Test {
 protected:
  // "1:GET a" asks in session 1 and waits for the answer.
  Reel record(const std::vector<std::string>& talk) {
    RecordedServer server({.argv = {kClerk, "0"}, .ring_path = folder_ / "ring"});
    const int port = server.port();
    std::map<char, Client> clients;
    for (const std::string& line : talk) {
      if (!clients.contains(line[0])) clients.emplace(line[0], Client::tcp(port));
      clients.at(line[0]).ask(line.substr(2) + "\n");
    }
    return server.end_and_salvage();
  }

  // Without the inputs of its first session, as if the ring had been too short for them.
  static Reel without_first_session(Reel reel) {
    const std::uint32_t first = reel.inputs.front().session;
    std::erase_if(reel.inputs, [&](const Input& input) { return input.session == first; });
    reel.loss.reaches_start = false;
    reel.loss.first_kept_seq = reel.inputs.front().seq;
    for (Input& input : reel.inputs) input.place = Place::kTail;
    return reel;
  }

  static AnswerComparison replayed(const Reel& reel) {
    const auto report = replay(reel, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->answers : AnswerComparison();
  }

  Folder folder_;
};

TEST_F(ReplayedAnswers, AreProductionsWhereNothingIsMissing) {
  const Reel reel = record({"1:PUT a one", "2:GET a", "1:GET b", "2:PUT b two", "1:GET b",
                            "2:GET a", "1:QUIT", "3:GET b", "3:GET a"});
  const AnswerComparison answers = replayed(reel);
  EXPECT_FALSE(answers.first);
  EXPECT_GE(answers.recorded, 7U);
  EXPECT_EQ(answers.same, answers.recorded);
}

TEST_F(ReplayedAnswers, DivergeWhereTheProgramKnewMoreThanTheReelTells) {
  const Reel reel = without_first_session(
      record({"1:PUT a one", "2:GET b", "2:GET a", "2:GET b", "2:GET a", "2:GET b"}));
  const AnswerComparison answers = replayed(reel);
  ASSERT_TRUE(answers.first);
  EXPECT_EQ(answers.first->at->data, "GET a\n");
  EXPECT_EQ(answers.first->production.bytes, 4U);
  EXPECT_EQ(answers.first->replay.bytes, 5U);
  EXPECT_EQ(answers.same, 1U);
}

TEST_F(ReplayedAnswers, ThatChanceMadeAreMadeBySameChanceAgain) {
  const Reel reel = record({"1:TICKET", "2:TICKET device", "1:TICKET stream", "2:TICKET number",
                            "2:TICKET device", "1:TICKET"});
  const AnswerComparison answers = replayed(reel);
  EXPECT_FALSE(answers.first);
  EXPECT_EQ(answers.recorded, 4U);  // without the last of each session, which was open
  EXPECT_EQ(answers.same, answers.recorded);
}

TEST_F(ReplayedAnswers, ThatVaryAreNeitherTheSameNorADivergence) {
  Reel reel = without_first_session(
      record({"1:PUT a one", "2:TICKET", "2:DATE", "2:GET b", "2:TICKET", "2:GET a", "2:GET b"}));
  std::erase_if(reel.inputs, [](const Input& input) { return input.kind == InputKind::kRandom; });
  const AnswerComparison answers = replayed(reel);
  EXPECT_EQ(answers.varying, 2U + (answers.same == 1 ? 1U : 0U));  // the date, if not by luck
  ASSERT_TRUE(answers.first);
  EXPECT_EQ(answers.first->at->data, "GET a\n");
}

// A client spends the ticket that it has been given, which burns the clerk.
class RepeatedAnswers : public ReplayedAnswers {
 protected:
  Reel spend(const std::string& how) {
    RecordedServer server({.argv = {kClerk, "0"}, .ring_path = folder_ / "ring"});
    Client client = Client::tcp(server.port());
    const std::string ticket = client.ask("TICKET " + how + "\n");
    client.ask("GET a\n");
    client.send("BURN " + ticket);
    server.wait();
    Reel reel = server.end_and_salvage();
    reel.crash.signal = SIGSEGV;
    return reel;
  }

  static std::vector<std::string> hints_of(const Reel& reel) {
    const auto report = replay(reel, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->hints : std::vector<std::string>{report.error().message};
  }

  static std::uint64_t seq_of(const Reel& reel, const std::string& beginning) {
    return std::ranges::find_if(
               reel.inputs, [&](const Input& input) { return input.data.starts_with(beginning); })
        ->seq;
  }
};

TEST_F(RepeatedAnswers, AreKnownWhereTheirChanceIsInTheReel) {
  const Reel reel = spend("device");
  const auto report = replay(reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 1);
  EXPECT_THAT(report->hints, IsEmpty());
}

TEST_F(RepeatedAnswers, AreNamedWhereTheirChanceIsNot) {
  Reel reel = spend("");
  std::erase_if(reel.inputs, [](const Input& input) { return input.kind == InputKind::kRandom; });
  const std::string by = std::to_string(seq_of(reel, "BURN"));
  const std::string issued = std::to_string(seq_of(reel, "TICKET"));
  EXPECT_THAT(hints_of(reel),
              Contains(AllOf(StartsWith("input " + by + " in session "),
                             HasSubstr("repeats 16 characters that this replay never issued: "
                                       "production answered input " +
                                       issued + " with them"))));
}

TEST_F(RepeatedAnswers, AreNamedWhereTheClockMadeThem) {
  EXPECT_THAT(hints_of(spend("time")), Contains(HasSubstr("which chance or the clock makes")));
}

TEST_F(ReplayedAnswers, AreToldInOneLineAndAsJson) {
  const Reel reel =
      without_first_session(record({"1:PUT a one", "2:GET b", "2:GET a", "2:GET b", "2:BURN a"}));
  const std::string path = folder_ / "crash.reel";
  ASSERT_TRUE(write_reel(reel, path));
  const CommandRun run = run_line("crashreel replay " + path);
  EXPECT_EQ(run.exit, 1);
  const auto seq = [&](const std::string& data) {
    return std::to_string(std::ranges::find(reel.inputs, data, &Input::data)->seq);
  };
  EXPECT_THAT(run.out,
              HasSubstr("identical up to input " + seq("GET b\n") + "; at input " + seq("GET a\n") +
                        " production answered 4 bytes, the replay 5 (1 answer the same)"));
  const CommandRun json = run_line("crashreel replay --json " + path);
  EXPECT_THAT(json.out, HasSubstr(R"("divergence":{"input":)" + seq("GET a\n")));
  EXPECT_THAT(json.out, HasSubstr(R"("production":{"bytes":4,)"));
}

TEST_F(ReplayedAnswers, AreNotSpokenOfWhereNoneWereRecorded) {
  Reel reel = record({"1:PUT a one", "1:GET a", "1:GET b"});
  std::erase_if(reel.inputs, [](const Input& input) { return input.kind == InputKind::kDigest; });
  EXPECT_EQ(replayed(reel).recorded, 0U);
  const std::string path = folder_ / "calm.reel";
  ASSERT_TRUE(write_reel(reel, path));
  EXPECT_THAT(run_line("crashreel replay --json " + path).out,
              HasSubstr(R"("answers":null,"divergence":null)"));
}

}  // namespace
}  // namespace crashreel::testing
