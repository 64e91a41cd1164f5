// The whole zoo: each result is the known minimum, in inputs and in bytes, and is no other bug.
#include "tests/zoo/minima.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "harness/likeness.h"
#include "harness/signature.h"
#include "harness/try.h"
#include "tools/pipeline/shrink.h"

namespace crashreel::zoo {
namespace {

// Every hang costs as long as that, at least.
constexpr std::uint32_t kHangMs = 200;

Result<ShrinkReport> minimized(const Minimum& minimum) {
  ShrinkOptions options;
  const bool hangs = minimum.reel.crash.reason == SaveReason::kHang;
  options.tries = hangs ? 1 : 2;
  if (hangs) options.hang_ms = kHangMs;
  return shrink(minimum.reel, options);
}

// The smaller of two bugs lies on the way to the larger: it is met, and kept aside.
void expect_a_neighbour(const ShrinkReport& report) {
  EXPECT_GE(report.others.size(), 1U);
  for (const OtherCrash& other : report.others) {
    EXPECT_FALSE(compare(report.signature, other.signature).same());
  }
}

// Its copies crash without an input that it needs when it is started alone: the check tells, and
// the search is made once more, alone.
void expect_a_second_search(const ShrinkReport& report) {
  EXPECT_EQ(report.not_forking, "its copies gave other answers than instances started alone");
}

void expect_a_hang(const ShrinkReport& report) {
  EXPECT_EQ(report.signature.kind, "hang");
  EXPECT_EQ(report.reel.crash.reason, SaveReason::kHang);
}

const std::map<std::string, void (*)(const ShrinkReport&)> kBeyond = {
    {"neighbours", expect_a_neighbour}, {"twins", expect_a_neighbour},
    {"slope", expect_a_neighbour},      {"kinship", expect_a_second_search},
    {"embrace", expect_a_hang},         {"stuck", expect_a_hang}};

class Zoo : public ::testing::TestWithParam<Minimum> {};

TEST_P(Zoo, IsMinimizedToTheKnownMinimumOfTheSameBug) {
  const Minimum& known = GetParam();
  const Result<ShrinkReport> report = minimized(known);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->reproduced) << testing::PrintToString(report->outcomes);
  EXPECT_EQ(counted_inputs(report->reel.inputs), known.inputs);
  EXPECT_EQ(payload_bytes(report->reel.inputs), known.bytes);
  EXPECT_TRUE(report->one_minimal);
  EXPECT_EQ(report->confirmed, report->confirmations);
  if (const auto beyond = kBeyond.find(known.program); beyond != kBeyond.end()) {
    beyond->second(*report);
  }
}

INSTANTIATE_TEST_SUITE_P(Minimum, Zoo, ::testing::ValuesIn(known_minima()),
                         [](const auto& one) { return one.param.program; });

TEST(ZooTable, HoldsAtLeastTwentyFivePrograms) {
  EXPECT_GE(known_minima().size(), 25U);
}

}  // namespace
}  // namespace crashreel::zoo
