// What salvage makes of rings: those that a recorder leaves behind (RING.md), written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/salvaged.h"
#include "tests/capture/reel/scene.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "0:a 1:b": each input's seq and data.
std::string told(const Reel& reel) {
  std::string text;
  for (const Input& input : reel.inputs) {
    if (!text.empty()) text += ' ';
    text += std::to_string(input.seq) + ':' + input.data;
  }
  return text;
}

TEST(Salvage, GivesAnEmptyReelForARingThatWasNeverUsed) {
  const auto read = salvage_sound(FakeRing());
  EXPECT_THAT(read.reel.inputs, IsEmpty());
  EXPECT_EQ(read.reel.loss, Loss());
}

TEST(Salvage, PutsTheInputsOfAllThreadsInTheOrderOfTheirStamps) {
  FakeRing ring;
  ring.chunk(0, {.slot = 0}).data(10, "a", 1).data(40, "d", 1);
  ring.chunk(1, {.slot = 7}).data(20, "b", 2).data(30, "c", 3);
  const auto read = salvage_sound(ring);
  EXPECT_EQ(read.reel.inputs,
            scene("#0 @10 t0 1:a #1 @20 t1 2:b #2 @30 t1 3:c #3 @40 t0 1:d").inputs);
  EXPECT_TRUE(read.reel.loss.reaches_start);
}

TEST(Salvage, BreaksATieOfStampsByTheSlot) {
  FakeRing ring;
  ring.chunk(0, {.slot = 9}).data(10, "second");
  ring.chunk(1, {.slot = 2}).data(10, "first");
  EXPECT_EQ(told(salvage_sound(ring).reel), "0:first 1:second");
}

TEST(Salvage, NumbersInputsAfterThoseThatWereOverwritten) {
  FakeRing ring;
  ring.chunk(0, {.generation = 3, .prev_last = 50, .lost_inputs = 20, .lost_bytes = 300})
      .data(70, "a");
  ring.chunk(1, {.generation = 2, .prev_last = 60, .lost_inputs = 5, .lost_bytes = 7})
      .data(80, "b");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "25:a 26:b");
  EXPECT_EQ(read.reel.loss, (Loss{.first_kept_seq = 25,
                                  .overwritten_inputs = 25,
                                  .overwritten_bytes = 307,
                                  .reaches_start = false}));
}

TEST(Salvage, LeavesOutSurvivorsBelowTheHorizonAndCountsThem) {
  FakeRing ring;
  ring.chunk(0, {.slot = 1}).data(10, "old").data(50, "on the horizon").data(51, "a");
  ring.chunk(1, {.slot = 2, .generation = 2, .prev_last = 50, .lost_inputs = 3}).data(60, "b");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "5:a 6:b");
  EXPECT_EQ(read.reel.loss.sparse_inputs, 2u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 5u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(Salvage, KeepsThePreludeFromSeqZero) {
  FakeRing ring({.prelude = 1});
  ring.chunk(0).data(1, "p").data(2, "q");
  ring.chunk(1, {.generation = 4, .earliest = 3, .prev_last = 50, .lost_inputs = 10}).data(60, "t");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:p 1:q 12:t");
  EXPECT_EQ(prelude_of(read.reel), 2u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 12u);
}

TEST(Salvage, TakesAsPreludeOnlyWhatNoPoolRecordPrecedes) {
  FakeRing ring({.prelude = 1});
  ring.chunk(0).data(1, "p").data(5, "has a gap before it").data(70, "t");
  ring.chunk(1, {.slot = 1, .generation = 4, .earliest = 3, .prev_last = 50, .lost_inputs = 10})
      .data(60, "s");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:p 12:s 13:t");
  EXPECT_EQ(prelude_of(read.reel), 1u);
  EXPECT_EQ(read.reel.loss.sparse_inputs, 1u);
}

TEST(Salvage, JoinsThePiecesOfAnInput) {
  FakeRing ring;
  ring.chunk(3).piece(10, "abc", ring::kFirst, 8);
  ring.chunk(1).piece(10, "de", 0, 3);
  ring.chunk(2).piece(10, "fgh", ring::kLast, 5).data(20, "next");
  EXPECT_EQ(told(salvage_sound(ring).reel), "0:abcdefgh 1:next");
}

TEST(Salvage, CountsAnInputWhoseFirstPieceIsGoneAsOverwritten) {
  FakeRing ring;
  ring.chunk(0, {.generation = 2, .prev_last = 10}).data(30, "a");
  ring.chunk(1).piece(10, "fgh", ring::kLast, 5);
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "1:a");
  EXPECT_EQ(read.reel.loss.overwritten_inputs, 1u);
  EXPECT_EQ(read.reel.loss.overwritten_bytes, 8u);
}

TEST(Salvage, CountsWhatWasBegunAndNotCommittedAsTorn) {
  FakeRing ring;
  ring.chunk(0).data(10, "a").torn();
  ring.chunk(1, {.slot = 1}).piece(20, "abc", ring::kFirst, 8);
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:a");
  EXPECT_EQ(read.reel.loss.torn_inputs, 2u);
}

TEST(Salvage, DoesNotTakeAnInputThatWasGivenUpForATornOne) {
  FakeRing ring;
  ring.chunk(0).piece(20, "abc", ring::kFirst, 8);
  ring.chunk(1).data(30, "its slot went on");
  ring.super().dropped = 1;
  const auto read = salvage_sound(ring);
  EXPECT_EQ(read.reel.loss.torn_inputs, 0u);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 1u);
}

TEST(Salvage, CountsCutPayloads) {
  FakeRing ring;
  ring.chunk(0).piece(10, "abc", ring::kFirst | ring::kLast | ring::kCut, 3);
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:abc");
  EXPECT_EQ(read.reel.loss.cut_payloads, 1u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(Salvage, KeepsTheNewestInputsAndTheOpeningsOfTheirSessions) {
  FakeRing ring({.keep = 2});
  ring.chunk(0)
      .open(1, 1)
      .open(2, 2)
      .data(3, "a", 1)
      .open(4, 3)
      .data(5, "b", 2)
      .close(6, 2)
      .data(7, "c", 1)
      .close(8, 3)
      .data(9, "d", 1);
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:tcp inbound 3:tcp inbound 6:c 7: 8:d");
  EXPECT_EQ(read.reel.loss.trimmed_inputs, 4u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 6u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(Salvage, KeepsTheLastOpeningOfASessionNumberThatIsUsedAgain) {
  FakeRing ring({.keep = 1});
  ring.chunk(0)
      .open(1, 1, "first")
      .close(2, 1)
      .open(3, 1, "second")
      .data(4, "a", 1)
      .data(5, "b", 1);
  EXPECT_EQ(told(salvage_sound(ring).reel), "2:second 4:b");
}

TEST(Salvage, NeverTrimsThePrelude) {
  FakeRing ring({.prelude = 1, .keep = 1});
  ring.chunk(0).data(1, "p").data(2, "q");
  ring.chunk(1).data(3, "a").data(4, "b");
  const auto read = salvage_sound(ring);
  EXPECT_EQ(told(read.reel), "0:p 1:q 3:b");
  EXPECT_EQ(read.reel.loss.trimmed_inputs, 1u);
}

TEST(Salvage, InterpolatesTimeBetweenThePairsOfClocks) {
  FakeRing ring;
  // A counter of 2 GHz.
  ring.super().clock = ring::Clock::kCycles;
  ring.super().start = {kFakeStart, 5000000};
  ring.super().ready = {kFakeStart + 4000000, 7000000};
  ring.seal_super();
  ring.chunk(0, {.earliest = 4000000}).data(2000000, "a").data(6000000, "b");
  auto& bank = ring.chunk(0, {.earliest = 4000000}).data(2000000, "a").data(6000000, "b").header();
  bank.banks[1].pair = {kFakeStart + 4000000, 7000000};
  bank.banks[1].check = ring::check_of(bank.banks[1], 1);
  const auto read = salvage_sound(ring);
  ASSERT_EQ(read.reel.inputs.size(), 2u);
  EXPECT_EQ(read.reel.inputs[0].time_ns, 1000000u);
  EXPECT_EQ(read.reel.inputs[1].time_ns, 3000000u);
}

TEST(Salvage, TakesAServerThatReadsItsStandardInputForAServer) {
  for (const std::string kinds : {"\x01\x02", "\x02\x01"}) {
    FakeRing ring;
    for (const char kind : kinds) ring.fact(ring::Fact::kTargetKind, std::string(1, kind));
    EXPECT_EQ(salvage_sound(ring).reel.program.kind, TargetKind::kServer);
  }
}

TEST(Salvage, ReadsTheProgramFromTheFacts) {
  FakeRing ring;
  ring.fact(ring::Fact::kExecutable, "/usr/bin/tool");
  ring.fact(ring::Fact::kArgument, "tool");
  ring.fact(ring::Fact::kArgument, "");
  ring.fact(ring::Fact::kEnvironment, "LANG=C");
  ring.fact(ring::Fact::kWorkingDirectory, "/tmp");
  ring.fact(ring::Fact::kBuildId, "\xab\x01");
  ring.fact(ring::Fact::kTargetKind, "\x02");
  ring.fact(static_cast<ring::Fact>(99), "of a later version");
  ring.fact(ring::Fact::kFile, std::string("\xa4\1\0\0\3\0\0\0", 8) + "a.cport 1");
  const auto read = salvage_sound(ring);
  const Program expected = {.kind = TargetKind::kStdin,
                            .executable = "/usr/bin/tool",
                            .argv = {"tool", ""},
                            .env = {"LANG=C"},
                            .working_directory = "/tmp",
                            .build_id = "ab01",
                            .pid = 100};
  EXPECT_EQ(read.reel.program, expected);
  EXPECT_THAT(read.reel.files, ElementsAre(ReelFile{"a.c", 0644, "port 1"}));
}

TEST(Salvage, TakesAProgramWhoseOnlySessionIsStdinForOne) {
  FakeRing fed_by_stdin, server;
  fed_by_stdin.chunk(0).open(1, 0, "stdin inbound").data(2, "a", 0);
  server.chunk(0).open(1, 0, "stdin inbound").open(2, 1, "tcp inbound");
  EXPECT_EQ(salvage_sound(fed_by_stdin).reel.program.kind, TargetKind::kStdin);
  EXPECT_EQ(salvage_sound(server).reel.program.kind, TargetKind::kServer);
}

TEST(Salvage, ReadsFilesAsItReadsBytes) {
  FakeRing ring;
  ring.chunk(0).data(10, "a");
  const Folder folder;
  const auto bytes = ring.bytes();
  put_file(folder / "a.ring", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto read = salvage_ring(folder / "a.ring");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->reel, salvage_sound(ring).reel);
}

}  // namespace
}  // namespace crashreel
