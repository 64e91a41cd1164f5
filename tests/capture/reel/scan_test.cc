// How a ring is gone through: in whatever order its chunks lie, through windows of any size, as
// often as somebody asks, and while somebody else writes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "capture/reel/ring_chunk.h"
#include "capture/reel/salvage.h"
#include "capture/reel/session_set.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> payloads_of(InputSource& inputs) {
  std::vector<std::string> all;
  inputs.rewind();
  while (const Input* input = inputs.next()) all.push_back(input->data);
  return all;
}

SalvagedRing scanned(const FakeRing& ring) {
  Result<SalvagedRing> scan = scan_ring_bytes(ring.bytes(), "fake.ring");
  CRASHREEL_CHECK(scan.has_value());
  return std::move(*scan);
}

// Two threads in turns, a large input in three chunks, records of many sizes.
FakeRing varied_ring() {
  FakeRing ring;
  auto even = ring.chunk(7, {.slot = 1});
  auto odd = ring.chunk(2, {.slot = 2});
  for (std::uint64_t i = 1; i < 40; ++i) {
    (i % 2 == 0 ? even : odd).data(i, std::string(i * 7 % 50, static_cast<char>('a' + i % 26)));
  }
  even.piece(50, "first ", ring::kFirst, 17);
  ring.chunk(0, {.slot = 1}).piece(50, "second ", 0, 6);
  ring.chunk(1, {.slot = 1}).piece(50, "last", ring::kLast, 13).data(60, "end");
  return ring;
}

TEST(Scan, GivesTheSameInputsAsOftenAsAsked) {
  const FakeRing ring = varied_ring();
  const SalvagedRing scan = scanned(ring);
  const auto first = payloads_of(*scan.inputs);
  EXPECT_EQ(first.size(), 41u);
  EXPECT_EQ(first.at(39), "first second last");
  EXPECT_EQ(scan.counted_inputs, first.size());
  EXPECT_EQ(payloads_of(*scan.inputs), first);
}

TEST(Scan, BeginsAnewInTheMiddle) {
  const FakeRing ring = varied_ring();
  const SalvagedRing scan = scanned(ring);
  const auto all = payloads_of(*scan.inputs);
  for (std::size_t stop = 0; stop <= all.size(); ++stop) {
    scan.inputs->rewind();
    for (std::size_t i = 0; i < stop; ++i) ASSERT_NE(scan.inputs->next(), nullptr);
    EXPECT_EQ(payloads_of(*scan.inputs), all) << stop;
  }
}

// The totals say when a chunk's last record was; nothing vouches for them.
TEST(Scan, FindsTheOrderWhateverAChunkSaysOfItsLastRecord) {
  const auto truth = payloads_of(*scanned(varied_ring()).inputs);
  for (const std::uint32_t chunk : {0u, 1u, 2u, 7u}) {
    for (const std::uint64_t lie : {std::uint64_t{0}, kFakeStart + 15, UINT64_MAX}) {
      FakeRing ring = varied_ring();
      auto& header =
          *reinterpret_cast<ring::ChunkHeader*>(ring.raw().data() + ring.offset_of_chunk(chunk));
      for (ring::Totals& totals : header.totals) totals.last_stamp = lie;
      const SalvagedRing scan = scanned(ring);
      EXPECT_EQ(payloads_of(*scan.inputs), truth) << chunk << ": " << lie;
      EXPECT_TRUE(scan.damage.none());
    }
  }
}

// Of pieces without bytes nobody can say which comes first; both ways through the ring must think
// the same.
TEST(Scan, CountsWhatItGivesWhereChunksClaimTheSamePiece) {
  for (const std::uint32_t other : {0u, 6u}) {
    for (const std::uint64_t before : {0, 5}) {
      FakeRing ring;
      auto first = ring.chunk(3);
      auto last = ring.chunk(other);
      if (before != 0) first.data(before, "before");
      first.piece(10, "", ring::kFirst, 0);
      last.piece(10, "", ring::kLast, 0).data(20, "after");
      const SalvagedRing scan = scanned(ring);
      EXPECT_EQ(payloads_of(*scan.inputs).size(), scan.counted_inputs) << other << ' ' << before;
    }
  }
}

std::vector<std::uint64_t> stamps_of(RecordWalk walk, ChunkWindow& chunk) {
  std::vector<std::uint64_t> stamps;
  for (Piece piece; walk.next(chunk, piece);) {
    stamps.push_back(piece.stamp);
    EXPECT_NE(chunk.find(piece.payload_at, piece.size), nullptr);
  }
  return stamps;
}

TEST(RecordWalk, FindsTheSameThroughAWindowOfAnySize) {
  FakeRing ring = varied_ring();
  ring.raw()[ring.offset_of_chunk(7) + 700] ^= 0x55;  // damage to be searched through
  const auto image = RingImage::over(ring.bytes(), "fake.ring");
  std::string scratch;
  const std::string_view bytes = *image->chunk(7, scratch);
  const ChunkHead head = read_head(bytes, ring::kMinChunkBytes, 7, {});
  ChunkWindow whole(bytes);
  const auto truth = stamps_of(RecordWalk(head, {}), whole);
  EXPECT_GT(truth.size(), 10u);
  for (const std::uint32_t size : {1u, 24u, 100u, 1000u, 4096u}) {
    ChunkWindow window(*image, size);
    window.move_to(7);
    EXPECT_EQ(stamps_of(RecordWalk(head, {}), window), truth) << size;
  }
}

TEST(ScanOfALiveRing, LeavesOutWhatIsBeingRecordedAndNoTrace) {
  const Folder folder;
  FakeRing ring;
  ring.chunk(0).data(10, "done").torn();
  ring.chunk(1, {.slot = 1}).data(5, "old").piece(20, "half", ring::kFirst, 8);
  put_file(folder / "a.ring",
           {reinterpret_cast<const char*>(ring.raw().data()), ring.raw().size()});
  const auto scan = scan_live_ring(folder / "a.ring", folder.path());
  ASSERT_TRUE(scan.has_value());
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_THAT(payloads_of(*scan->inputs), ElementsAre("old", "done"));
  EXPECT_EQ(scan->reel.loss.torn_inputs, 0u);
  EXPECT_TRUE(scan->damage.none());
}

TEST(ScanOfALiveRing, SaysWhereThereIsNoRoomForWhatItReads) {
  const Folder folder;
  FakeRing ring;
  put_file(folder / "a.ring",
           {reinterpret_cast<const char*>(ring.raw().data()), ring.raw().size()});
  const auto scan = scan_live_ring(folder / "a.ring", folder / "nowhere");
  ASSERT_FALSE(scan.has_value());
  EXPECT_THAT(scan.error().message, HasSubstr(folder / "nowhere"));
  EXPECT_THAT(scan.error().message, HasSubstr("choose another folder"));
}

TEST(SessionSet, KnowsWhatIsInIt) {
  SessionSet set;
  for (std::uint32_t i = 0; i < 3000; i += 3) set.insert(i);
  set.insert(0xfffffffe);
  set.insert(3);
  EXPECT_EQ(set.size(), 1001u);
  set.erase(999);
  set.erase(1000);
  EXPECT_EQ(set.size(), 1000u);
  for (std::uint32_t i = 0; i < 4000; ++i) {
    EXPECT_EQ(set.contains(i), i % 3 == 0 && i < 3000 && i != 999) << i;
  }
  EXPECT_TRUE(set.contains(0xfffffffe));
  EXPECT_FALSE(set.contains(0xffffffff));
}

}  // namespace
}  // namespace crashreel
