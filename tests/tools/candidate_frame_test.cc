#include "tools/pipeline/candidate_frame.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

Input input(InputKind kind, std::uint32_t session, std::uint64_t time_ns, const char* data = "") {
  Input input;
  input.kind = kind;
  input.session = session;
  input.time_ns = time_ns;
  input.data = data;
  return input;
}

// One session sends at 100 and 300, another at 200 and closes at 250; a signal comes at 400.
Reel two_sessions() {
  Reel reel;
  reel.inputs = {input(InputKind::kOpen, 1, 90),
                 input(InputKind::kData, 1, 100, "one"),
                 input(InputKind::kOpen, 2, 190),
                 input(InputKind::kData, 2, 200, "two"),
                 input(InputKind::kClose, 2, 250),
                 input(InputKind::kData, 1, 300, "three"),
                 input(InputKind::kSignal, kNoSession, 400, "15")};
  return reel;
}

class CandidateFrameTest : public ::testing::Test {
 protected:
  std::vector<std::uint64_t> times_of(const Candidate& candidate) const {
    std::vector<std::uint64_t> times;
    for (const Input& input : frame_.inputs_of(candidate)) times.push_back(input.time_ns);
    return times;
  }

  const Reel reel_ = two_sessions();
  const Parts parts_{reel_};
  const std::vector<std::uint32_t> kept_ = {1, 3, 5, 6};
  const std::unordered_set<std::uint32_t> no_closing_;
  const CandidateFrame frame_{reel_, parts_, kept_, no_closing_};
};

TEST_F(CandidateFrameTest, GivesTheWholeBackAsItWas) {
  const Candidate whole = frame_.whole();
  const std::vector<Input> inputs = frame_.inputs_of(whole);
  ASSERT_EQ(inputs.size(), reel_.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_EQ(inputs[i].time_ns, reel_.inputs[i].time_ns);
    EXPECT_EQ(inputs[i].data, reel_.inputs[i].data);
  }
  EXPECT_EQ(whole[3].bytes, "");  // a signal has no bytes that could be shrunk
}

TEST_F(CandidateFrameTest, LeavesOutTheSessionOfWhichNothingIsLeft) {
  Candidate candidate = frame_.whole();
  candidate.erase(candidate.begin() + 1);
  candidate[1].wait_ns += 100;
  EXPECT_EQ(times_of(candidate), (std::vector<std::uint64_t>{90, 100, 300, 400}));
}

TEST_F(CandidateFrameTest, MovesWhatFramesAnInputTogetherWithIt) {
  Candidate candidate = frame_.whole();
  candidate[1].wait_ns = 40;  // from 100 before
  candidate[2].wait_ns = 60;
  EXPECT_EQ(times_of(candidate), (std::vector<std::uint64_t>{90, 100, 140, 140, 190, 200, 300}));
  for (Part& part : candidate) part.wait_ns = 0;
  EXPECT_EQ(times_of(candidate), (std::vector<std::uint64_t>{90, 100, 100, 100, 100, 100, 100}));
}

TEST_F(CandidateFrameTest, SendsTheBytesOfTheCandidate) {
  Candidate candidate = frame_.whole();
  candidate[0].bytes = "o";
  candidate[2].bytes = "";
  const std::vector<Input> inputs = frame_.inputs_of(candidate);
  EXPECT_EQ(inputs[1].data, "o");
  EXPECT_EQ(inputs[5].data, "");
  EXPECT_EQ(inputs[6].data, "15");
}

}  // namespace
}  // namespace crashreel
