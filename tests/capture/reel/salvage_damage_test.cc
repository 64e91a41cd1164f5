// What salvage makes of bytes that no recorder would leave: damaged, cut, forged, something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "capture/reel/reel_writer.h"
#include "capture/reel/ring_end.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/salvaged.h"
#include "tests/capture/reel/scene.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string refusal(std::span<const std::byte> bytes) {
  const auto read = salvage_ring_bytes(bytes, "x.ring");
  if (read.has_value()) return "accepted";
  EXPECT_EQ(read.error().trouble, Trouble::kDamaged);
  EXPECT_THAT(read.error().message, AllOf(StartsWith("x.ring: "), Not(HasSubstr("\n"))));
  return read.error().message;
}

std::string refusal(std::string_view text) {
  return refusal(std::as_bytes(std::span(text)));
}

std::vector<std::string> data_of(const Reel& reel) {
  std::vector<std::string> all;
  for (const Input& input : reel.inputs) all.push_back(input.data);
  return all;
}

TEST(SalvageRefuses, WhatIsNoRing) {
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal("\x7f"
                      "ELF and more"),
              HasSubstr("begins with 7f 45 4c 46"));
  EXPECT_THAT(refusal("abc"), HasSubstr("begins with 61 62 63"));
}

TEST(SalvageRefuses, AReelAndSaysThatItIsOne) {
  EXPECT_THAT(refusal(serialize_reel(full_reel())), HasSubstr("is a reel, not a ring"));
}

TEST(SalvageRefuses, ARingThatWasNeverFinished) {
  FakeRing ring;
  ring.super().magic = {};
  EXPECT_THAT(refusal(ring.bytes()), HasSubstr("never finished"));
}

TEST(SalvageRefuses, ARingOfAnotherVersion) {
  FakeRing ring;
  ring.super().version = 3;
  ring.seal_super();
  EXPECT_THAT(refusal(ring.bytes()), HasSubstr("version 3, this crashreel reads versions 1 to 2"));
}

TEST(SalvageRefuses, ARingOfTheOtherByteOrder) {
  FakeRing ring;
  ring.super().byte_order = 0x04030201;
  EXPECT_THAT(refusal(ring.bytes()), HasSubstr("other byte order"));
}

TEST(SalvageRefuses, ASuperblockWithAnyBitFlipped) {
  FakeRing ring;
  for (std::size_t bit = 0; bit < 256 * 8; ++bit) {
    ring.raw()[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    EXPECT_THAT(refusal(ring.bytes()), Not("accepted")) << bit;
    ring.raw()[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
  }
}

TEST(SalvageRefuses, ForgedSizesWithARightChecksum) {
  const auto forged = [](auto forge) {
    FakeRing ring;
    forge(ring.super());
    ring.seal_super();
    return refusal(ring.bytes());
  };
  const auto impossible = HasSubstr("says what no ring can have");
  EXPECT_THAT(forged([](auto& s) { s.chunk_bytes = 0; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.chunk_bytes = 0xfffffff8; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.chunk_count = 0xffffffff; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.prelude_chunks = 8; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.chunks_offset = UINT64_MAX - 7; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.facts_offset = UINT64_MAX - 7; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.end_bytes = 1; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.record_header_bytes = 8; }), impossible);
  EXPECT_THAT(forged([](auto& s) { s.clock = static_cast<ring::Clock>(7); }), impossible);
}

TEST(SalvageOfADamagedRing, KeepsTheRecordsBehindADamagedHeader) {
  FakeRing ring;
  auto chunk = ring.chunk(2).data(10, "a").data(20, "hit").data(30, "c");
  chunk.bytes()[256 + 32] ^= 1;  // the length of the second record
  const auto read = salvage(ring);
  EXPECT_THAT(data_of(read.reel), ElementsAre("a", "c"));
  EXPECT_THAT(read.damage.notes, ElementsAre("chunk 2: bytes 288 to 319 are no record"));
  EXPECT_EQ(read.damage.lost_inputs, 1u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(SalvageOfADamagedRing, NeverShowsWhatLiesBehindTheCommittedBytes) {
  FakeRing ring;
  auto chunk = ring.chunk(0).data(10, "a").data(20, "in flight");
  chunk.header().commit = ring::pack({1, 1, 256 + 32});
  EXPECT_THAT(data_of(salvage(ring).reel), ElementsAre("a"));
}

TEST(SalvageOfADamagedRing, LosesOnlyTheChunkWhoseCommitWordCanNotBe) {
  FakeRing ring;
  ring.chunk(0).data(10, "a");
  ring.chunk(1).data(20, "b").header().commit = ring::pack({1, 1, 5000});
  const auto read = salvage(ring);
  EXPECT_THAT(data_of(read.reel), ElementsAre("a"));
  EXPECT_EQ(read.damage.lost_frames, 1u);
  EXPECT_THAT(read.damage.notes, ElementsAre(StartsWith("chunk 1: its commit word says")));
}

TEST(SalvageOfADamagedRing, KeepsTheRecordsOfAChunkWhoseBankIsDamaged) {
  FakeRing ring;
  ring.chunk(0).data(10, "a");
  auto chunk = ring.chunk(1, {.slot = 1}).data(20, "b");
  chunk.header().banks[1].prev_last = UINT64_MAX;  // would put all below the horizon
  const auto read = salvage(ring);
  EXPECT_THAT(data_of(read.reel), ElementsAre("a", "b"));
  EXPECT_THAT(read.damage.notes, ElementsAre(StartsWith("chunk 1: its bank is damaged")));
}

TEST(SalvageOfADamagedRing, ReportsTotalsThatDoNotFit) {
  FakeRing ring;
  ring.chunk(0).data(10, "a").header().totals[1].inputs = 12345;
  const auto read = salvage(ring);
  EXPECT_THAT(data_of(read.reel), ElementsAre("a"));
  EXPECT_THAT(read.damage.notes, ElementsAre(HasSubstr("totals say 12345 inputs, there are 1")));
}

TEST(SalvageOfADamagedRing, SaysWhichChunksACutFileLacks) {
  FakeRing ring;
  for (std::uint32_t i = 0; i < 8; ++i) ring.chunk(i, {.slot = i}).data(10 + i, std::to_string(i));
  const auto read = salvage_ring_bytes(ring.bytes().first(ring.offset_of_chunk(5) + 100), "cut");
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(data_of(read->reel), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_EQ(read->damage.lost_frames, 7u);
  EXPECT_THAT(read->damage.notes, ElementsAre(StartsWith("chunks 5 to 11: the file ends at byte")));
}

TEST(SalvageOfADamagedRing, SkipsADamagedFactAlone) {
  FakeRing ring;
  ring.fact(ring::Fact::kArgument, "tool");
  const std::uint64_t hit = ring.super().facts_committed + sizeof(ring::FactHeader);
  ring.fact(ring::Fact::kArgument, "--hit");
  ring.fact(ring::Fact::kArgument, "--last");
  ring.raw()[ring.super().facts_offset + hit] ^= 1;
  const auto read = salvage(ring);
  EXPECT_THAT(read.reel.program.argv, ElementsAre("tool", "--last"));
  EXPECT_THAT(read.damage.notes, ElementsAre(HasSubstr("wrong checksum")));
}

TEST(SalvageOfADamagedRing, DoesNotBelieveADamagedEnd) {
  const Folder folder;
  FakeRing ring;
  const auto write = [&] {
    const auto bytes = ring.bytes();
    put_file(folder / "a.ring", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  write();
  ASSERT_TRUE(note_end(folder / "a.ring", {.known = true, .signal = 11}).has_value());
  std::string noted = file_bytes(folder / "a.ring");
  noted[4096 + sizeof(ring::EndHeader)] ^= 1;
  put_file(folder / "a.ring", noted);
  const auto read = salvage_ring(folder / "a.ring");
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->reel.crash.known);
  EXPECT_THAT(read->damage.notes, ElementsAre(StartsWith("end: damaged")));
}

// A ring with something of everything; the inputs that it holds have unlike data.
FakeRing busy_ring() {
  FakeRing ring({.prelude = 1});
  ring.fact(ring::Fact::kArgument, "tool");
  ring.chunk(0).open(1, 1, "tcp inbound one").data(2, "prelude");
  ring.chunk(1, {.slot = 1, .generation = 4, .earliest = 3, .prev_last = 50, .lost_inputs = 9})
      .data(60, "tail one")
      .piece(70, "joined from ", ring::kFirst, 21);
  ring.chunk(2, {.slot = 1, .generation = 7}).piece(70, "two piece", ring::kLast, 12);
  ring.chunk(3, {.slot = 2}).data(40, "sparse").data(80, "tail two").data(90, "x").torn();
  return ring;
}

// Payloads have no checksum: a flip inside one shows, as one byte of it.
bool is_true_but_for_one_byte(const std::string& data, const std::set<std::string>& truth) {
  return std::ranges::any_of(truth, [&](const std::string& true_data) {
    if (true_data.size() != data.size()) return false;
    std::size_t unlike = 0;
    for (std::size_t i = 0; i < data.size(); ++i) unlike += data[i] != true_data[i] ? 1 : 0;
    return unlike <= 1;
  });
}

TEST(SalvageOfADamagedRing, NeverInventsAnInputWhicheverBitIsFlipped) {
  const FakeRing sound = busy_ring();
  std::set<std::string> truth;
  for (const auto& data : data_of(salvage(sound).reel)) truth.insert(data);
  truth.insert("sparse");  // a flip in a bank can bring it above the horizon
  FakeRing ring = busy_ring();
  for (std::size_t at = 256; at < ring.raw().size(); ++at) {
    if (ring.raw()[at] == 0 && at % 64 != 0) continue;  // most of a ring is unused
    for (unsigned bit = 0; bit < 8; ++bit) {
      ring.raw()[at] ^= static_cast<unsigned char>(1u << bit);
      const auto read = salvage_ring_bytes(ring.bytes(), "flipped");
      ring.raw()[at] ^= static_cast<unsigned char>(1u << bit);
      ASSERT_TRUE(read.has_value());
      EXPECT_TRUE(check_reel(read->reel, "flipped").has_value());
      for (const std::string& data : data_of(read->reel)) {
        EXPECT_TRUE(is_true_but_for_one_byte(data, truth)) << at << '.' << bit << ": " << data;
      }
    }
  }
}

TEST(SalvageOfADamagedRing, KeepsWhatWasNotHitWhicheverChunkIsOverwritten) {
  for (std::uint32_t hit = 0; hit < 8; ++hit) {
    for (const int with : {0x00, 0x55, 0xff}) {
      FakeRing ring;
      for (std::uint32_t i = 0; i < 8; ++i)
        ring.chunk(i, {.slot = i}).data(10 + i, std::to_string(i));
      std::memset(ring.raw().data() + ring.offset_of_chunk(hit), with, ring::kMinChunkBytes);
      std::string rest;
      for (const auto& data : data_of(salvage(ring).reel)) rest += data;
      std::string expected = "01234567";
      expected.erase(hit, 1);
      EXPECT_EQ(rest, expected);
    }
  }
}

TEST(SalvageOfADamagedRing, TakesACutAtAnyPlace) {
  const FakeRing ring = busy_ring();
  const auto whole = data_of(salvage(ring).reel);
  for (std::size_t size = 0; size < ring.bytes().size(); size += size < 8200 ? 1 : 97) {
    const auto read = salvage_ring_bytes(ring.bytes().first(size), "cut");
    EXPECT_EQ(read.has_value(), size >= 4096) << size;
    if (!read) continue;
    EXPECT_FALSE(read->damage.none());
    for (const auto& data : data_of(read->reel)) {
      EXPECT_TRUE(std::ranges::count(whole, data) == 1 || data == "sparse") << data;
    }
  }
}

}  // namespace
}  // namespace crashreel
