// What salvage makes of session heads, pins and the bound on the age.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/ring_copies.h"
#include "capture/reel/ring_image.h"
#include "tests/capture/reel/fake_copies.h"
#include "tests/capture/reel/salvaged.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// What the ring says of its own heads and pins.
RingCopies account(const FakeRing& ring) {
  return read_copies(*RingImage::over(ring.bytes(), "fake.ring"));
}

// "head 0:a tail 1:b": each input's place, seq and data.
std::string placed(const Reel& reel) {
  std::string text;
  for (const Input& input : reel.inputs) {
    if (!text.empty()) text += ' ';
    text += std::string(name_of(input.place)) + ' ' + std::to_string(input.seq) + ':' + input.data;
  }
  return text;
}

// A pool that has lost its first 10 inputs, stamps 10 to 50, and holds "a" and "b" of session 1.
void lose_ten(FakeRing& ring) {
  ring.chunk(
          ring.super().prelude_chunks,
          {.generation = 3, .earliest = 10, .prev_last = 50, .lost_inputs = 10, .lost_bytes = 100})
      .data(60, "a")
      .data(70, "b");
}

TEST(SalvageKept, PutsHeadsBetweenPreludeAndTail) {
  FakeRing ring({.prelude = 1, .heads = 4});
  ring.chunk(0).data(5, "p");
  lose_ten(ring);
  FakeHead(ring, 2, 7).open(10, "o").data(20, "auth");
  FakeHead(ring, 0, 8).open(15, "q");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "prelude 0:p head 8:o head 9:q head 10:auth tail 11:a tail 12:b");
  // Three of the ten are there after all.
  EXPECT_EQ(read.reel.loss, (Loss{.first_kept_seq = 11,
                                  .overwritten_inputs = 7,
                                  .overwritten_bytes = 94,
                                  .reaches_start = false}));
  EXPECT_EQ(account(ring).heads, 2u);
}

TEST(SalvageKept, LeavesTheTailAsItIsWhereItHasTheHead) {
  FakeRing ring({.heads = 2});
  ring.chunk(0, {.slot = 3}).open(10, 7, "o").data(20, "x", 7);
  FakeHead(ring, 0, 7, ring::kHeadUsed, 3).open(10, "o").data(20, "x");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "tail 0:o tail 1:x");
  EXPECT_TRUE(read.reel.loss.reaches_start);
}

TEST(SalvageKept, TakesASparseSurvivorThatAHeadSpeaksFor) {
  FakeRing ring({.heads = 1});
  ring.chunk(0, {.slot = 0}).open(20, 7, "o").data(30, "sparse", 9);
  ring.chunk(1, {.slot = 1, .generation = 2, .earliest = 15, .prev_last = 50, .lost_inputs = 1})
      .data(60, "a");
  FakeHead(ring, 0, 7).open(20, "o");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "head 2:o tail 3:a");
  EXPECT_EQ(read.reel.loss.sparse_inputs, 1u);
  EXPECT_EQ(read.reel.loss.overwritten_inputs, 1u);
}

TEST(SalvageKept, PassesOverTheHeadsOfClosedSessionsThatTheTailDoesNotKnow) {
  FakeRing ring({.heads = 2});
  lose_ten(ring);
  FakeHead(ring, 0, 1, ring::kHeadUsed | ring::kHeadClosed).open(20, "needed");
  FakeHead(ring, 1, 2, ring::kHeadUsed | ring::kHeadClosed).open(30, "over");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "head 9:needed tail 10:a tail 11:b");
  EXPECT_EQ(account(ring).heads, 0u);
}

TEST(SalvageKept, PassesOverAClosedHeadWhenTheTailOpensItsNumberAnew) {
  FakeRing ring({.heads = 1});
  ring.chunk(0, {.earliest = 10, .prev_last = 50, .lost_inputs = 4})
      .open(60, 1, "new")
      .data(70, "x");
  FakeHead(ring, 0, 1, ring::kHeadUsed | ring::kHeadClosed).open(20, "old");
  EXPECT_EQ(placed(salvage_sound(ring).reel), "tail 4:new tail 5:x");
}

TEST(SalvageKept, CountsWhatHeadsLack) {
  FakeRing ring({.heads = 4});
  lose_ten(ring);
  FakeHead(ring, 0, 2, ring::kHeadUsed | ring::kHeadFull).open(20, "full");
  FakeHead(ring, 1, 3, ring::kHeadUsed | ring::kHeadStale).open(21, "gaps").header().gaps = 2;
  FakeHead(ring, 2, 4, ring::kHeadUsed | ring::kHeadLocked).open(22, "locked");
  FakeHead(ring, 3, 5);  // taken, and nothing in it yet
  auto& header =
      *reinterpret_cast<ring::HeadsHeader*>(ring.raw().data() + ring.super().heads.offset);
  header.refused = 5;
  header.given_away = 2;
  const RingCopies copies = account(ring);
  EXPECT_EQ(copies.heads, 3u);
  EXPECT_EQ(copies.full_heads, 1u);
  EXPECT_EQ(copies.heads_with_gaps, 2u);
  EXPECT_EQ(copies.refused_heads, 7u);
}

TEST(SalvageKept, ShowsThePinThatCounts) {
  FakeRing ring({.pins = 2});
  lose_ten(ring);
  pin(ring, 0, "schema", 20, "old");
  pin(ring, 0, "schema", 30, "new").missed = 3;
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "pinned 9:new tail 10:a tail 11:b");
  EXPECT_EQ(account(ring).pins, 1u);
  EXPECT_EQ(account(ring).missed_pins, 3u);
}

TEST(SalvageKept, ShowsAnInputThatIsInAHeadAndPinnedOnce) {
  FakeRing ring({.heads = 1, .pins = 1});
  lose_ten(ring);
  FakeHead(ring, 0, 1).data(20, "x");
  pin(ring, 0, "key", 20, "x");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "head 9:x tail 10:a tail 11:b");
  EXPECT_EQ(read.reel.loss.overwritten_inputs, 9u);
}

TEST(SalvageKept, KeepsHeadsAndPinsOfWhatABoundOnTheTailLeavesOut) {
  FakeRing ring({.keep = 1, .heads = 1, .pins = 1});
  ring.chunk(0).open(10, 7, "o").data(20, "auth", 7).data(30, "x").data(40, "pinned").data(50, "y");
  FakeHead(ring, 0, 7).open(10, "o").data(20, "auth");
  pin(ring, 0, "key", 40, "pinned");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "head 0:o head 1:auth pinned 3:pinned tail 4:y");
  EXPECT_EQ(read.reel.loss.trimmed_inputs, 1u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 4u);
}

TEST(SalvageKept, LeavesOutWhatIsOlderThanWasAskedFor) {
  FakeRing ring({.keep = 4, .keep_age = 25, .heads = 1});
  ring.chunk(0)
      .open(10, 7, "o")
      .data(20, "1")
      .data(30, "2")
      .data(40, "3", 7)
      .data(50, "4", 7)
      .data(60, "5");
  FakeHead(ring, 0, 9).open(5, "not lost, so not needed");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(placed(read.reel), "head 0:o tail 3:3 tail 4:4 tail 5:5");
  EXPECT_EQ(read.reel.loss.trimmed_inputs, 2u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 3u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(SalvageKept, AccountsForEachPlaceWithItsBounds) {
  FakeRing ring({.prelude = 1, .keep = 2, .keep_age = 12, .heads = 4, .pins = 2});
  ring.chunk(0).data(5, "p");
  lose_ten(ring);
  ring.chunk(2, {.slot = 1}).data(61, "c").data(71, "d");
  ring.super().taken = 3;
  FakeHead(ring, 0, 7, ring::kHeadUsed | ring::kHeadFull).open(10, "o");
  FakeHead(ring, 1, 8).open(11, "q").header().gaps = 1;
  pin(ring, 0, "key", 20, "x").missed = 9;
  const Reel reel = salvage_sound(ring).reel;
  EXPECT_EQ(placed(reel), "prelude 0:p head 8:o head 9:q pinned 10:x tail 13:b tail 14:d");
  const std::uint64_t chunk = ring.super().chunk_bytes;
  const Keeping expected{.known = true,
                         .tail_bytes = chunk * (ring.super().chunk_count - 1),
                         .most_inputs = 2,
                         .most_age_ns = 12,
                         .beyond_inputs = 2,
                         .beyond_age = 0,
                         .prelude_bytes = chunk,
                         .prelude_full = true,
                         .heads = 4,
                         .head_bytes = 1024,
                         .heads_open = 2,
                         .heads_full = 1,
                         .heads_gapped = 1,
                         .heads_refused = 0,
                         .pins = 2,
                         .pin_bytes = 224 - 40 - 40,
                         .pins_used = 1,
                         .pins_refused = 0,
                         .pins_missed = 9};
  EXPECT_EQ(reel.keeping, expected);
}

TEST(SalvageKept, TellsApartWhatTheNumberAndWhatTheAgeCost) {
  FakeRing ring({.keep = 3, .keep_age = 25});
  ring.chunk(0).data(10, "1").data(20, "2").data(30, "3").data(50, "4").data(60, "5");
  const Reel reel = salvage_sound(ring).reel;
  EXPECT_EQ(placed(reel), "tail 3:4 tail 4:5");
  EXPECT_EQ(reel.keeping.beyond_inputs, 2u);
  EXPECT_EQ(reel.keeping.beyond_age, 1u);
  EXPECT_FALSE(reel.keeping.prelude_full);
}

TEST(SalvageKept, KeepsWhatIsWholeOfADamagedHead) {
  FakeRing ring({.heads = 2});
  lose_ten(ring);
  FakeHead head(ring, 0, 7);
  head.open(10, "o").data(20, "good").data(30, "bad");
  head.bytes()[sizeof(ring::HeadHeader) + 2 * 48 + 4] ^= 1;
  const auto read = salvage(ring);
  EXPECT_EQ(placed(read.reel), "head 8:o head 9:good tail 10:a tail 11:b");
  EXPECT_THAT(read.damage.notes,
              ElementsAre("head 0, of session 7: is damaged behind its first 2 inputs"));
}

TEST(SalvageKept, ReportsADamagedPin) {
  FakeRing ring({.pins = 1});
  lose_ten(ring);
  pin(ring, 0, "key", 20, "x").key_hash ^= 1;
  const auto read = salvage(ring);
  EXPECT_EQ(placed(read.reel), "tail 10:a tail 11:b");
  EXPECT_THAT(read.damage.notes, ElementsAre("pin 0: is damaged"));
}

TEST(SalvageKept, RefusesRegionsThatLieInEachOther) {
  FakeRing ring({.heads = 2, .pins = 2});
  ring.super().pins.offset = ring.super().heads.offset + 64;
  ring.seal_super();
  const auto read = salvage_ring_bytes(ring.bytes(), "fake.ring");
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("no ring can have"));
}

// Whatever byte of a head or a pin is hit: no crash, nothing that was not said, the tail is whole.
TEST(SalvageKept, LosesNoMoreThanTheCopyThatIsHit) {
  FakeRing ring({.heads = 2, .pins = 1});
  lose_ten(ring);
  FakeHead(ring, 0, 7).open(10, "o").data(20, "auth");
  pin(ring, 0, "key", 30, "x");
  const std::uint64_t begin = ring.super().heads.offset;
  const std::uint64_t end = ring.super().pins.offset + ring.super().pins.bytes;
  for (std::uint64_t at = begin; at < end; ++at) {
    FakeRing hit = ring;
    hit.raw()[at] ^= 0x55;
    const auto read = salvage(hit);
    ASSERT_GE(read.reel.inputs.size(), 2u);
    ASSERT_LE(read.reel.inputs.size(), 5u);
    EXPECT_EQ(read.reel.inputs.back().data, "b");
    EXPECT_EQ(read.reel.inputs.back().seq, 11u);
  }
}

}  // namespace
}  // namespace crashreel
