// What does a script say, for a choice of a reel's inputs?
#include "harness/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "harness/player/place.h"
#include "harness/served.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr std::uint64_t kMs = 1'000'000;

class Steps : public testing::Test {
 protected:
  const Script& write(const Sequence& sequence, TargetKind kind = TargetKind::kServer) {
    layout_ = lay_out(reel_, sequence, kind);
    auto script = Script::write(layout_);
    EXPECT_TRUE(script);
    script_.emplace(std::move(*script));
    return *script_;
  }

  std::span<const Step> steps() const {
    const ScriptHeader& header = script_->header();
    const char* base = reinterpret_cast<const char*>(&header);
    return {reinterpret_cast<const Step*>(base + header.steps_offset), header.step_count};
  }

  // In the language of scene.h, with the script's session numbers; "port" after '+' where said.
  std::string text() const {
    std::ostringstream out;
    const char* base = reinterpret_cast<const char*>(&script_->header());
    for (const Step& step : steps()) {
      out << (out.tellp() > 0 ? " " : "");
      if (step.kind == StepKind::kSignal) {
        out << "!" << step.payload_size;
        continue;
      }
      out << step.session;
      if (step.kind == StepKind::kOpen) out << "+";
      if (step.kind == StepKind::kOpen && step.place != 0) out << step.place;
      if (step.kind == StepKind::kClose) out << (step.payload_size == 0 ? "-" : "-reset");
      if (step.kind != StepKind::kData) continue;
      out << ":" << std::string(base + step.payload_offset, step.payload_size);
    }
    return out.str();
  }

  std::string write_scene(const std::string& text_of_scene) {
    reel_ = scene(text_of_scene);
    write(whole_sequence(reel_));
    return text();
  }

  Reel reel_;
  std::optional<Script> script_;
  Layout layout_;
};

TEST_F(Steps, AreTheInputsOfSessionsAndSignals) {
  EXPECT_EQ(write_scene("1+ 1:GET 2+ 2:SET !10 1- 2-"), "0+ 0:GET 1+ 1:SET !10 0- 1-");
}

TEST_F(Steps, OpenSessionsThatBeganBeforeTheFirstInput) {
  EXPECT_EQ(write_scene("7:GET 9:SET 7:PUT"), "0+ 0:GET 1+ 1:SET 0:PUT");
}

TEST_F(Steps, LeaveOutWhatIsNotDoneToTheProgram) {
  EXPECT_EQ(write_scene("1:GET ~17 %xx ?note 1:PUT"), "0+ 0:GET 0:PUT");
}

// Of an error that says that nobody was ever there (ECONNREFUSED), and of what is no error, nothing
// but an end can be made.
TEST_F(Steps, EndASessionAsItsErrorSays) {
  EXPECT_EQ(write_scene("1:a 1- 2:b 2-104 3:c 3-111 4:d 4-x"),
            "0+ 0:a 0- 1+ 1:b 1-reset 2+ 2:c 2- 3+ 3:d 3-");
}

TEST_F(Steps, LeaveOutTheEndOfASessionThatNeverBegan) {
  EXPECT_EQ(write_scene("1- 2:GET 2-"), "0+ 0:GET 0-");
}

TEST_F(Steps, KnowTheInputThatEachBrings) {
  reel_ = scene("1:GET 2+ 2:SET");
  const Script& script = write(whole_sequence(reel_));
  ASSERT_EQ(script.header().step_count, 4u);
  EXPECT_EQ(layout_.inputs[0], nullptr);  // the opening was put in
  EXPECT_EQ(layout_.inputs[1], &reel_.inputs[0]);
  EXPECT_EQ(layout_.inputs[2], &reel_.inputs[1]);
  EXPECT_EQ(layout_.inputs[3], &reel_.inputs[2]);
}

TEST_F(Steps, OfAChoiceAreThoseOfTheChosenInputs) {
  reel_ = scene("1:a 2:b 1:c 2:d");
  write({&reel_.inputs[1], &reel_.inputs[2]});
  EXPECT_EQ(text(), "0+ 0:b 1+ 1:c");
}

TEST_F(Steps, OfAFunctionAreTheInputsAsTheyStand) {
  reel_ = scene("@100 5:GET 9+ @90 9:SET @107 5- !11 ~8");
  write(whole_sequence(reel_), TargetKind::kFunction);
  const char* base = reinterpret_cast<const char*>(&script_->header());
  std::vector<std::string> calls;
  for (const Step& step : steps()) {
    const std::string session = step.session == kNoSession ? "none" : std::to_string(step.session);
    calls.push_back(std::to_string(step.time_ns) + " " +
                    std::to_string(static_cast<std::uint32_t>(step.kind)) + " " + session + ":" +
                    std::string(base + step.payload_offset, step.payload_size));
  }
  EXPECT_THAT(calls, ElementsAre("0 2 0:GET", "0 1 1:tcp inbound", "0 2 1:SET",
                                 "7 3 0:", "7 4 none:11", "7 5 none:8"));
  EXPECT_EQ(script_->header().feeds, 0u);
}

TEST_F(Steps, OfNoInputsAreNone) {
  reel_ = scene("1:a");
  write({});
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(Steps, OfAStdinProgramAreNone) {
  reel_ = scene("0:a");
  EXPECT_EQ(write(whole_sequence(reel_), TargetKind::kStdin).header().feeds, 0u);
  EXPECT_THAT(steps(), IsEmpty());
}

struct Said {
  const char* text;
  std::uint32_t place;
};

class PlaceOf : public Steps, public testing::WithParamInterface<Said> {};

TEST_P(PlaceOf, AnOpeningIsWhereTheProgramTakesOrMakesTheCall) {
  reel_ = scene("1+ 1:x");
  reel_.inputs[0].data = GetParam().text;
  write(whole_sequence(reel_));
  EXPECT_EQ(steps()[0].place, GetParam().place) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    In, PlaceOf,
    testing::Values(Said{"tcp inbound 127.0.0.1:6379 127.0.0.1:50112", 6379},
                    Said{"tcp inbound [::1]:6379 [::1]:50112", 6379},
                    Said{"tcp inbound 127.0.0.1:65535", 65535},
                    Said{"tcp outbound 127.0.0.1:40001 10.0.0.5:5432", 5432},
                    Said{"tcp+tls inbound 127.0.0.1:443", 443},
                    Said{"udp inbound 127.0.0.1:53 127.0.0.1:50112", (1 << 16) + 53},
                    Said{"unix inbound /run/a\\x20b", place_of_path("/run/a b", 8)},
                    Said{"unix outbound unnamed @a", place_of_path("@a", 2)},
                    Said{"unix inbound unnamed", 0}, Said{"tcp inbound 127.0.0.1:65536", 0},
                    Said{"tcp inbound here", 0}, Said{"tcp inbound :", 0},
                    Said{"tcp inbound :-1", 0}, Said{"tcp inbound :99999999999999999999", 0},
                    Said{"tcp", 0}, Said{"", 0}, Said{"   ", 0}));

TEST_F(Steps, PassOverSessionsThatTheReplayCannotServe) {
  reel_ = scene("1+ 2+ 1:a 2:answer 1:b 2- 3+ 3:plain 3+ 3:plain 4+ 4:datagram");
  reel_.inputs[0].data = "tcp inbound 127.0.0.1:80 127.0.0.1:50112";
  reel_.inputs[1].data = "pipe outbound date";
  reel_.inputs[6].data = "tls inbound";
  reel_.inputs[8].data = "tls inbound";
  reel_.inputs[10].data = "unix-datagram inbound /run/a unnamed";
  write(whole_sequence(reel_));
  EXPECT_EQ(text(), "0+80 0:a 0:b");
  EXPECT_THAT(
      unserved_text(whole_sequence(reel_)),
      testing::StartsWith("3 sessions (1 pipe outbound, 1 tls inbound, 1 unix-datagram inbound) "
                          "are left out: "));
}

TEST_F(Steps, ServeWhatIsNotSaidToBeOfAnotherKind) {
  for (const char* opening :
       {"", "tcp inbound", "unix inbound /run/a", "app inbound", "tcp", "udp inbound 1.2.3.4:1",
        "udp outbound 1.2.3.4:1 1.2.3.4:53", "tcp outbound 1.2.3.4:1 1.2.3.4:2",
        "unix outbound unnamed /run/a", "tcp+tls inbound 1.2.3.4:1"}) {
    EXPECT_TRUE(is_served(opening)) << opening;
  }
  for (const char* opening : {"unix-seqpacket inbound @a", "unix-datagram inbound @a unnamed",
                              "pipe inbound /run/feed", "pipe outbound date", "tls inbound",
                              "stdin inbound", "tcp inbound 1.2.3.4:1 1.2.3.4:2 fd:0"}) {
    EXPECT_FALSE(is_served(opening)) << opening;
  }
}

std::vector<std::uint64_t> times(std::span<const Step> steps) {
  std::vector<std::uint64_t> times;
  for (const Step& step : steps) times.push_back(step.time_ns);
  return times;
}

TEST_F(Steps, BeginRightAfterTheStartAndKeepTheirDistances) {
  reel_ = scene("@7000000000 1:a @7500000000 1:b");
  write(whole_sequence(reel_));
  EXPECT_THAT(times(steps()), ElementsAre(100 * kMs, 100 * kMs, 600 * kMs));
}

TEST_F(Steps, NeverGoBackInTime) {
  reel_ = scene("@5000000000 1:a @1000000000 1:b @6000000000 1:c");
  write(whole_sequence(reel_));
  const auto when = times(steps());
  EXPECT_TRUE(std::is_sorted(when.begin(), when.end()));
}

TEST_F(Steps, ShowTheTimeOfDayOfTheRecording) {
  reel_ = scene("@7000000000 1:a");
  reel_.program.start_realtime_ns = 1'000'000'000'000 * kMs;
  EXPECT_EQ(write(whole_sequence(reel_)).header().start_realtime_ns,
            1'000'000'000'000 * kMs + 6900 * kMs);
}

// An instance may be slower to start than production was; what it is told at which time is the
// same.
TEST_F(Steps, ShowTheTimeOfDayAlsoWhereTheFirstInputCameEarly) {
  reel_ = scene("@10000000 1:a @1010000000 1:b");
  reel_.program.start_realtime_ns = 1'000'000'000'000 * kMs;
  EXPECT_EQ(write(whole_sequence(reel_)).header().start_realtime_ns,
            1'000'000'000'000 * kMs - 90 * kMs);
  EXPECT_THAT(times(steps()), ElementsAre(100 * kMs, 100 * kMs, 1100 * kMs));
}

TEST_F(Steps, LetTimePassUntilTheCrash) {
  reel_ = scene("@1000000000 1:a");
  reel_.crash.time_ns = 3000 * kMs;
  EXPECT_EQ(write(whole_sequence(reel_)).header().end_time_ns, 2100 * kMs);
}

TEST_F(Steps, LetASecondPassAfterTheLastInputInAnyCase) {
  reel_ = scene("@1000000000 1:a");
  EXPECT_EQ(write(whole_sequence(reel_)).header().end_time_ns, 1100 * kMs);
}

TEST_F(Steps, SayWhereInputsAreMissing) {
  reel_ = scene("#0 1:prelude #900 1:tail 1:more");
  reel_.loss.reaches_start = false;
  reel_.loss.first_kept_seq = 900;
  write(whole_sequence(reel_));
  EXPECT_THAT(steps(), ElementsAre(Field(&Step::after_gap, 0), Field(&Step::after_gap, 0),
                                   Field(&Step::after_gap, 1), Field(&Step::after_gap, 0)));
}

// An hour of which only how a session began is known must not be idled through.
TEST_F(Steps, SayThatBeforeHeadsAndPinnedInputsOthersAreMissing) {
  reel_ = scene("#0 1:prelude #898 2+ 2:auth #900 2:tail 2:more");
  reel_.loss.reaches_start = false;
  reel_.loss.first_kept_seq = 900;
  reel_.inputs[0].place = Place::kPrelude;
  reel_.inputs[1].place = Place::kHead;
  reel_.inputs[2].place = Place::kPinned;
  write(whole_sequence(reel_));
  std::vector<std::uint32_t> gaps;
  for (const Step& step : steps()) gaps.push_back(step.after_gap);
  EXPECT_THAT(gaps, ElementsAre(0, 0, 1, 1, 1, 0));
}

// A day on a timer of 100 ms is 864,000 rounds; whoever says a thousand years is not believed.
TEST_F(Steps, JumpOverTimesInWhichNothingHappensForDays) {
  reel_ = scene("@0 1:a @9000000000000000000 1:b");
  reel_.crash.time_ns = 18'000'000'000'000'000'000u;
  const ScriptHeader& header = write(whole_sequence(reel_)).header();
  EXPECT_EQ(steps()[2].after_gap, 1u);
  EXPECT_LT(header.end_time_ns - steps()[2].time_ns, 25 * 3600 * std::uint64_t{1'000'000'000});
}

TEST_F(Steps, HaveSignalsByNumberWhateverTheTextSays) {
  reel_ = scene("!10 !x !-1 !99999999999999999999");
  write(whole_sequence(reel_));
  EXPECT_EQ(steps()[0].payload_size, 10u);
  EXPECT_EQ(steps().size(), 1u);  // the others are no signals
}

}  // namespace
}  // namespace crashreel
