#include "tools/pipeline/tails.h"

#include <gtest/gtest.h>

#include "tools/pipeline/ring_room.h"

namespace crashreel {
namespace {

Input input(std::uint64_t seq, std::uint32_t session, InputKind kind, const std::string& data = "",
            Place place = Place::kTail) {
  return {.seq = seq, .session = session, .kind = kind, .data = data, .place = place};
}

// "a, b" by what the inputs bring; openings as "(session".
std::string text_of(const Sequence& sequence) {
  std::string text;
  for (const Input* one : sequence) {
    if (one->kind == InputKind::kOpen) text += "(" + std::to_string(one->session);
    if (one->kind == InputKind::kData) text += one->data;
    if (one->kind == InputKind::kClose) text += ")" + std::to_string(one->session);
    text += " ";
  }
  return text;
}

Reel two_sessions() {
  Reel reel;
  reel.inputs = {input(1, 0, InputKind::kOpen),  input(2, 0, InputKind::kData, "a"),
                 input(3, 1, InputKind::kOpen),  input(4, 1, InputKind::kData, "b"),
                 input(5, 0, InputKind::kClose), input(6, 1, InputKind::kData, "c"),
                 input(7, 1, InputKind::kClose)};
  return reel;
}

TEST(Tails, HaveTheOpeningsOfSessionsThatBeganBefore) {
  const Reel reel = two_sessions();
  const Tails tails(reel);
  EXPECT_EQ(tails.longest(), 3U);
  EXPECT_EQ(text_of(tails.sequence(3)), "(0 a (1 b )0 c )1 ");
  EXPECT_EQ(text_of(tails.sequence(2)), "(0 (1 b )0 c )1 ");
  EXPECT_EQ(text_of(tails.sequence(1)), "(1 c )1 ");
  EXPECT_EQ(text_of(tails.sequence(0)), "(1 )1 ");
  EXPECT_EQ(tails.oldest(2).data, "b");
}

TEST(Tails, HaveWhatIsKeptBesideWhereSomethingIsMissingBetween) {
  Reel reel = two_sessions();
  reel.inputs[0].place = reel.inputs[1].place = Place::kPrelude;
  reel.loss.reaches_start = false;
  const Tails tails(reel);
  EXPECT_EQ(tails.longest(), 2U);
  EXPECT_EQ(tails.beside(), 1U);
  EXPECT_EQ(text_of(tails.sequence(1)), "(0 a (1 c )1 ");
  EXPECT_EQ(text_of(tails.sequence(2)), "(0 a (1 b )0 c )1 ");
}

TEST(Tails, AreAllOfAReelThatGoesBackToTheStart) {
  Reel reel = two_sessions();
  reel.inputs[0].place = reel.inputs[1].place = Place::kPrelude;
  const Tails tails(reel);
  EXPECT_EQ(tails.longest(), 3U);
  EXPECT_EQ(tails.beside(), 0U);
}

TEST(Tails, OfAReelWithoutInputsAreEmpty) {
  Reel reel;
  reel.inputs = {input(1, 0, InputKind::kOpen)};
  EXPECT_EQ(Tails(reel).longest(), 0U);
  EXPECT_EQ(text_of(Tails(reel).sequence(0)), "(0 ");
}

TEST(Tails, TakeTheirRecordsInARing) {
  const Reel reel = two_sessions();
  EXPECT_EQ(Tails(reel).ring_bytes(1), 2 * record_bytes_in_ring(1) - 8);
  EXPECT_EQ(record_bytes_in_ring(9) - record_bytes_in_ring(8), 8U);
}

TEST(RingRoom, GrowsWithWhatItHasToKeepUpToTheLargestRing) {
  EXPECT_EQ(ring_that_keeps(0), 64U << 10);
  std::uint64_t before = 0;
  for (std::uint64_t bytes = 1; bytes < 32ull << 30; bytes *= 3) {
    const auto ring = ring_that_keeps(bytes);
    ASSERT_TRUE(ring);
    EXPECT_GE(*ring, before);
    EXPECT_GT(*ring, bytes + bytes / 2);
    before = *ring;
  }
  EXPECT_FALSE(ring_that_keeps(60ull << 30));
  EXPECT_FALSE(ring_that_keeps(UINT64_MAX));
}

TEST(RingRoom, CountsWhatIsNotInTheReelWhateverTheFileSays) {
  Reel reel = two_sessions();
  const std::uint64_t kept = record_bytes_since_start(reel);
  reel.loss.overwritten_inputs = 100;
  reel.loss.overwritten_bytes = 1'000;
  EXPECT_GT(record_bytes_since_start(reel), kept + 1'000);
  reel.loss.overwritten_inputs = reel.loss.overwritten_bytes = UINT64_MAX;
  reel.loss.trimmed_inputs = reel.loss.sparse_inputs = UINT64_MAX;
  EXPECT_FALSE(ring_that_keeps(record_bytes_since_start(reel)));
}

}  // namespace
}  // namespace crashreel
