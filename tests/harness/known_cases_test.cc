// Real crashes of real programs, as Debian has them: found, always, and always the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/reel/jsonl.h"
#include "harness/fork_server.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kTriesOfACase = 10;

const std::vector<std::string> kRedis = {"/usr/bin/redis-server", "--port", "7001", "--save", "",
                                         "--appendonly",          "no"};
const std::vector<std::string> kJimsh = {"/usr/bin/jimsh"};

std::vector<Input> inputs_of(const std::string& name) {
  const std::string path = CRASHREEL_SOURCE_DIR "/tests/cases/" + name + "/inputs.jsonl";
  std::ifstream file(path);
  const std::string text = {std::istreambuf_iterator<char>(file), {}};
  auto inputs = parse_jsonl(text, path);
  EXPECT_TRUE(inputs);
  return inputs ? *inputs : std::vector<Input>{};
}

// Spread over 300 harmless inputs of other sessions.
std::vector<Input> hidden(const std::vector<Input>& inputs, const std::string& harmless) {
  constexpr std::size_t kOthers = 300;
  std::vector<Input> all;
  for (std::size_t i = 0; i < kOthers; ++i) {
    Input other;
    other.session = static_cast<std::uint32_t>(100 + i % 7);
    other.data = harmless;
    all.push_back(other);
    const std::size_t next = i * inputs.size() / kOthers;
    if ((i + 1) * inputs.size() / kOthers != next) all.push_back(inputs[next]);
  }
  for (std::size_t i = 0; i < all.size(); ++i) all[i].seq = i;
  return all;
}

Reel reel_of(std::vector<Input> inputs, TargetKind kind) {
  Reel reel;
  reel.program.kind = kind;
  reel.inputs = std::move(inputs);
  return reel;
}

void expect_that_crash(const Outcome& outcome, const Reel& reel, const Signature& expected) {
  ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  const Comparison result = compare(expected, outcome.signature);
  EXPECT_TRUE(result.same()) << result.reason;
  EXPECT_EQ(in_flight(outcome), reel.inputs.back().data);
}

void expect_always_the_same(const std::vector<std::string>& argv, const Reel& reel,
                            const Signature& expected) {
  for (int i = 0; i < kTriesOfACase; ++i) expect_that_crash(try_once(reel, argv), reel, expected);
  if (reel.program.kind != TargetKind::kServer) return;  // of others there are no copies
  const Target target = target_for(reel, argv);
  const Layout layout = whole_layout(reel, target);
  auto server = ForkServer::start(target, layout, TryOptions().hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < kTriesOfACase; ++i) {
    const auto copy = run_try(*server, target, layout);
    ASSERT_TRUE(copy) << copy.error().message;
    expect_that_crash(*copy, reel, expected);
  }
}

// Whether this version of the program still has the bug. Where Debian has mended it the case says
// nothing any more.
bool is_mended(const Outcome& outcome) {
  return outcome.ending == Ending::kSurvived || outcome.ending == Ending::kExited;
}

TEST(KnownCase, RedisFreesTheClientWhoseCommandItRuns) {
  const auto inputs = inputs_of("redis-acl-self-kill");
  const Reel alone = reel_of(inputs, TargetKind::kServer);
  const Outcome first = try_once(alone, kRedis);
  if (is_mended(first)) GTEST_SKIP() << "this redis-server survives the case: it is mended";
  EXPECT_EQ(first.signature.kind, "SIGSEGV");
  EXPECT_EQ(first.signature.frames.at(0).module, "redis-server");
  expect_always_the_same(kRedis, alone, first.signature);
  const Reel among_others = reel_of(hidden(inputs, "PING\r\n"), TargetKind::kServer);
  expect_always_the_same(kRedis, among_others, first.signature);
}

// Its own report takes the time of many tries, so that none but one is let make it.
TEST(KnownCase, RedisReportsItsCrashWhereItIsLet) {
  const Reel reel = reel_of(inputs_of("redis-acl-self-kill"), TargetKind::kServer);
  const Outcome quiet = try_once(reel, kRedis);
  if (is_mended(quiet)) GTEST_SKIP() << "this redis-server survives the case: it is mended";
  EXPECT_THAT(quiet.output_tail, Not(HasSubstr("REDIS BUG REPORT START")));
  const Outcome spoken = try_once(reel, kRedis, {.script = {.lets_speak = true}});
  EXPECT_THAT(spoken.report, HasSubstr("REDIS BUG REPORT START"));
  EXPECT_THAT(spoken.report, HasSubstr("crashed by signal: 11"));
  EXPECT_TRUE(compare(quiet.signature, spoken.signature).same());
}

TEST(KnownCase, JimshRunsThroughACycleOfVariables) {
  const auto inputs = inputs_of("jimsh-upvar-cycle");
  const Reel alone = reel_of(inputs, TargetKind::kStdin);
  const Outcome first = try_once(alone, kJimsh);
  if (is_mended(first)) GTEST_SKIP() << "this jimsh survives the case: it is mended";
  EXPECT_EQ(first.signature.kind, "SIGSEGV (stack overflow)");
  expect_always_the_same(kJimsh, alone, first.signature);
  const Reel among_others = reel_of(hidden(inputs, "set z 1\n"), TargetKind::kStdin);
  expect_always_the_same(kJimsh, among_others, first.signature);
}

}  // namespace
}  // namespace crashreel
