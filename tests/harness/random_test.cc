// The random bytes that a program draws in a try.

#include <gtest/gtest.h>

#include <algorithm>

#include "capture/runtime/output_digest.h"
#include "harness/drawn.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

constexpr TryOptions kAnswers = {.script = {.keeps_answers = true}};

std::vector<std::uint64_t> digests(const Outcome& outcome) {
  std::vector<std::uint64_t> all;
  for (const ReplayedAnswer& answer : outcome.answers) all.push_back(answer.digest.value);
  return all;
}

std::uint64_t digest_of_line(const std::string& line) {
  OutputDigest digest;
  digest.add((line + "\n").data(), line.size() + 1);
  return digest.value();
}

// After its opening, each line of a session draws a ticket of eight of the same letter.
Reel with_tickets(const std::string& text) {
  const Reel asked = lines(text);
  Reel reel = asked;
  reel.inputs.clear();
  char letter = 'a';
  for (Input input : asked.inputs) {
    const bool draws = input.kind == InputKind::kData;
    input.seq = reel.inputs.size() + 1;
    reel.inputs.push_back(input);
    if (!draws) continue;
    reel.inputs.push_back({.seq = reel.inputs.size() + 1,
                           .time_ns = input.time_ns,
                           .session = input.session,
                           .kind = InputKind::kRandom,
                           .data = std::string(8, letter++)});
  }
  return reel;
}

Sequence without_line(const Reel& reel, std::size_t number) {
  Sequence sequence;
  std::size_t line = 0;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData && line++ == number) continue;
    sequence.push_back(&input);
  }
  return sequence;
}

class Drawn : public ::testing::Test {
 protected:
  static Outcome run(const Reel& reel, const Sequence& sequence, const TryOptions& options) {
    auto outcome = run_try(target_for(reel, {zoo("clerk"), "7001"}), reel, sequence, options);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *std::move(outcome) : Outcome();
  }
};

TEST_F(Drawn, AreProductionsInWhateverWayTheyAreDrawn) {
  const Reel reel = with_tickets("1:TICKET 2:TICKET_device 1:TICKET_stream 2:TICKET");
  const Outcome outcome = run(reel, whole_sequence(reel), kAnswers);
  ASSERT_EQ(outcome.ending, Ending::kSurvived);
  EXPECT_EQ(outcome.made_random, 0U);
  std::vector<std::uint64_t> lines;
  for (const ReplayedAnswer& answer : outcome.answers) {
    if (answer.to->kind == InputKind::kData) lines.push_back(answer.digest.value);
  }
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{
                       digest_of_line("6161616161616161"), digest_of_line("6262626262626262"),
                       digest_of_line("6363636363636363"), digest_of_line("6464646464646464")}));
}

// By whatever call a device is read, one after the other: the bytes are those of the line in hand.
TEST_F(Drawn, OfADeviceAreProductionsByEachOfItsCalls) {
  const Reel reel = with_tickets(
      "1:TICKET_device 1:TICKET_parts 1:TICKET_offset 1:TICKET_parts-at-offset 1:TICKET_copy "
      "1:TICKET_wrapped 1:TICKET_stream");
  const Outcome outcome = run(reel, whole_sequence(reel), kAnswers);
  EXPECT_EQ(outcome.made_random, 0U);
  std::vector<std::uint64_t> expected;
  for (const char digit : {'1', '2', '3', '4', '5', '6', '7'}) {
    std::string line;
    for (int i = 0; i < 8; ++i) line += std::string("6") + digit;
    expected.push_back(digest_of_line(line));
  }
  std::vector<std::uint64_t> lines;
  for (const ReplayedAnswer& answer : outcome.answers) {
    if (answer.to->kind == InputKind::kData) lines.push_back(answer.digest.value);
  }
  EXPECT_EQ(lines, expected);
}

// The recorder sees no bytes of a call that is made by its number: they come of the seed, that is
// said, and production's are there for the calls that brought them.
TEST_F(Drawn, ByTheCallsNumberComeOfTheSeedAndLeaveProductionsAlone) {
  Reel reel = with_tickets("1:TICKET_call 1:TICKET");
  const auto of_the_call = std::ranges::find(reel.inputs, InputKind::kRandom, &Input::kind);
  reel.inputs.erase(of_the_call);
  const Outcome outcome = run(reel, whole_sequence(reel), kAnswers);
  EXPECT_EQ(outcome.made_random, 8U);
  EXPECT_EQ(digests(run(reel, whole_sequence(reel), kAnswers)), digests(outcome));
  EXPECT_EQ(outcome.answers.back().digest.value, digest_of_line("6262626262626262"));
}

TEST_F(Drawn, OfOneNumberAreItsBytes) {
  const Reel reel = with_tickets("1:TICKET_number");
  const Outcome outcome = run(reel, whole_sequence(reel), kAnswers);
  ASSERT_FALSE(outcome.answers.empty());
  EXPECT_EQ(outcome.answers.back().digest.value, digest_of_line("0000000061616161"));
}

TEST_F(Drawn, BelongToTheirInputWhateverIsLeftOut) {
  const Reel recorded = with_tickets("1:TICKET 1:TICKET 1:TICKET");
  const Reel bare = lines("1:TICKET 1:TICKET 1:TICKET");
  for (const Reel* reel : {&recorded, &bare}) {
    const auto all = digests(run(*reel, whole_sequence(*reel), kAnswers));
    const auto some = digests(run(*reel, without_line(*reel, 1), kAnswers));
    ASSERT_EQ(all.size(), 3U);
    ASSERT_EQ(some.size(), 2U);
    EXPECT_EQ(some[0], all[0]);
    EXPECT_EQ(some[1], all[2]);
    EXPECT_NE(some[1], all[1]);
  }
}

TEST_F(Drawn, BeyondTheReelComeOfTheSeed) {
  const Reel reel = lines("1:TICKET 2:TICKET_device 1:TICKET_stream 2:TICKET_number");
  const Sequence whole = whole_sequence(reel);
  const Outcome first = run(reel, whole, kAnswers);
  EXPECT_EQ(first.made_random, 8U + 8 + 8 + 4);
  EXPECT_EQ(digests(run(reel, whole, kAnswers)), digests(first));
  TryOptions other = kAnswers;
  other.script.random_seed = 2;
  EXPECT_NE(digests(run(reel, whole, other)), digests(first));
  TryOptions varied = kAnswers;
  varied.script.varied = true;
  EXPECT_NE(digests(run(reel, whole, varied)), digests(first));
}

TEST_F(Drawn, AreTheSameInACopyOfTheStart) {
  const Reel reel = with_tickets("1:TICKET 1:TICKET 2:TICKET");
  const Target target = target_for(reel, {zoo("clerk"), "7001"});
  const Layout layout = whole_layout(reel, target);
  const Outcome alone = run(reel, whole_sequence(reel), {});
  auto server = ForkServer::start(target, layout, 10'000);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 2; ++i) {
    const auto copy = run_try(*server, target, layout);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(told(*copy), told(alone));
    EXPECT_EQ(copy->made_random, 0U);
  }
}

TEST_F(Drawn, FromACheckpointGoOnWhereTheyWere) {
  const Reel reel = with_tickets("1:TICKET 1:TICKET 1:TICKET 1:TICKET");
  const Target target = target_for(reel, {zoo("clerk"), "7001"});
  const Layout layout = whole_layout(reel, target);
  auto server = ForkServer::start(target, layout, 10'000);
  ASSERT_TRUE(server) << server.error().message;
  Held held{.before = {3}};
  const auto whole = run_try(*server, target, layout, {}, &held);
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_EQ(held.servers.size(), 1U) << held.refusal;
  const auto rest = run_try(held.servers.at(3), target, layout);
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(rest->answer_digest, whole->answer_digest);
}

TEST(DrawnByInput, IsTheNewestOfTheSession) {
  Reel reel = lines("1:A 2:B 1:C");
  const auto draw = [&](std::uint32_t session, const std::string& bytes) {
    reel.inputs.push_back({.seq = reel.inputs.back().seq + 1,
                           .session = session,
                           .kind = InputKind::kRandom,
                           .data = bytes});
  };
  const std::uint64_t of_one = reel.inputs.back().seq;
  const std::uint64_t of_two = of_one - 1;
  draw(1, "x");
  draw(2, "y");
  draw(1, "z");
  draw(kNoSession, "w");
  const DrawnByInput drawn = drawn_by_input(reel);
  EXPECT_EQ(drawn.at(of_one), "xzw");
  EXPECT_EQ(drawn.at(of_two), "y");
  EXPECT_EQ(drawn.size(), 2U);
}

TEST(DrawnByInput, BeforeAllInputsIsTheStarts) {
  Reel reel;
  reel.inputs.push_back({.seq = 1, .kind = InputKind::kRandom, .data = "start"});
  EXPECT_EQ(drawn_by_input(reel).at(kBeforeInputs), "start");
  EXPECT_TRUE(drawn_by_input(lines("1:A")).empty());
}

}  // namespace
}  // namespace crashreel
