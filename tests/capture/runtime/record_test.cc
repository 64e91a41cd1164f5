// What a program hands to crashreel.h is what salvage gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <thread>
#include <vector>

#include "capture/reel/answer_digest.h"
#include "capture/reel/ring_image.h"
#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::Ge;
using testing::SizeIs;

TEST(Record, KeepsEveryKindAsItWasGiven) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    crashreel_record(CRASHREEL_OPEN, 7, "tcp inbound", 11);
    crashreel_data(7, "GET\n", 4);
    crashreel_close(7);
    crashreel_record(CRASHREEL_SIGNAL, CRASHREEL_NO_SESSION, "15", 2);
    crashreel_record(CRASHREEL_CLOCK, CRASHREEL_NO_SESSION, "123", 3);
    crashreel_record(CRASHREEL_RANDOM, CRASHREEL_NO_SESSION, "\0\1", 2);
    crashreel_note("hello", 5);
  });
  const auto& inputs = read.reel.inputs;
  ASSERT_THAT(inputs, SizeIs(7));
  const auto expect = [&](std::size_t i, InputKind kind, std::uint32_t session, std::string data) {
    EXPECT_EQ(inputs[i].seq, i);
    EXPECT_EQ(inputs[i].kind, kind);
    EXPECT_EQ(inputs[i].session, session);
    EXPECT_EQ(inputs[i].data, data);
  };
  expect(0, InputKind::kOpen, 7, "tcp inbound");
  expect(1, InputKind::kData, 7, "GET\n");
  expect(2, InputKind::kClose, 7, "");
  expect(3, InputKind::kSignal, kNoSession, "15");
  expect(4, InputKind::kClock, kNoSession, "123");
  expect(5, InputKind::kRandom, kNoSession, std::string("\0\1", 2));
  expect(6, InputKind::kNote, kNoSession, "hello");
  EXPECT_TRUE(read.reel.loss.reaches_start);
}

TEST(Record, WritesClocksAndSignalsAsDecimalText) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    crashreel_clock(1, UINT64_MAX);
    crashreel_clock(0, 0);
    crashreel_signal(64);
  });
  ASSERT_THAT(read.reel.inputs, SizeIs(3));
  EXPECT_EQ(read.reel.inputs[0].data, "18446744073709551615 1");
  EXPECT_EQ(read.reel.inputs[1].data, "0 0");
  EXPECT_EQ(read.reel.inputs[2].data, "64");
}

TEST(Record, GivesRandomBytesAndClocksTheSessionThatTheirThreadTookInLast) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    crashreel_random("a", 1);
    record_text(7, "x");
    std::thread([] {
      crashreel_random("b", 1);
      record_text(9, "y");
      crashreel_clock(0, 1);
    }).join();
    crashreel_random("c", 1);
  });
  std::vector<std::uint32_t> sessions;
  for (const Input& input : read.reel.inputs) sessions.push_back(input.session);
  EXPECT_THAT(sessions, ElementsAre(kNoSession, 7, kNoSession, 9, 9, 7));
}

TEST(Record, WritesWhatWasAnsweredBeforeTheSessionsNextInput) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    record_text(7, "a");
    crashreel_digest(7, "+O", 2);
    record_text(8, "b");
    crashreel_digest(7, "K\r\n", 3);
    crashreel_digest(8, "never told", 10);
    crashreel_digest(CRASHREEL_NO_SESSION, "nobody's", 8);
    record_text(7, "c");
    crashreel_close(7);
  });
  const auto& inputs = read.reel.inputs;
  ASSERT_THAT(inputs, SizeIs(5));
  EXPECT_EQ(inputs[2].kind, InputKind::kDigest);
  EXPECT_EQ(inputs[2].session, 7u);
  EXPECT_EQ(answer_digest_of(inputs[2].data), (AnswerDigest{0xd095d4430264662b, 5}));
}

TEST(Record, PushesOutTheAnswerOfASessionThatSharesItsPlace) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    crashreel_digest(7, "+OK\r\n", 5);
    crashreel_digest(7 + 16384, "x", 1);
    record_text(7, "a");
  });
  const auto& inputs = read.reel.inputs;
  ASSERT_THAT(inputs, SizeIs(2));
  EXPECT_EQ(inputs[0].kind, InputKind::kDigest);
  EXPECT_EQ(inputs[0].session, 7u);
}

TEST(Record, KeepsPayloadsOfAnySize) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 8; size <= 100; ++size) sizes.push_back(size);
  for (std::size_t size = 128; size <= 1 << 20; size *= 2) {
    sizes.insert(sizes.end(), {size - 1, size, size + 1});
  }
  const RingPath path;
  const auto read = recorded(options_for(path, 16 << 20), [&] {
    for (std::uint32_t i = 0; i < sizes.size(); ++i) record_text(1, payload({0, i}, sizes[i]));
    for (std::size_t size = 0; size < 8; ++size) record_text(1, std::string(size, 'x'));
  });
  ASSERT_THAT(read.reel.inputs, SizeIs(sizes.size() + 8));
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(read.reel.inputs[i].data.size(), sizes[i]);
    EXPECT_EQ(read_payload(read.reel.inputs[i].data), (Label{0, i}));
  }
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(read.reel.inputs[sizes.size() + size].data, std::string(size, 'x'));
  }
}

TEST(Record, CutsWhatWouldPushOutAllElseAndCountsIt) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    record_text(1, "before");
    record_text(1, std::string(1 << 20, 'x'));
    record_text(1, "after");
  });
  ASSERT_THAT(read.reel.inputs, SizeIs(3));
  EXPECT_EQ(read.reel.inputs[0].data, "before");
  EXPECT_THAT(read.reel.inputs[1].data.size(), Ge(kSmallRing / 5));
  EXPECT_EQ(read.reel.inputs[2].data, "after");
  EXPECT_EQ(read.reel.loss.cut_payloads, 1u);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(Record, CountsOverwrittenInputsAndBytesToTheLastOne) {
  for (const std::uint32_t total : {10u, 1000u, 5000u, 50000u}) {
    const RingPath path;
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < total; ++i) bytes += 8 + i % 97;
    const auto read = recorded(options_for(path), [&] {
      for (std::uint32_t i = 0; i < total; ++i) record_text(1, payload({0, i}, 8 + i % 97));
    });
    const auto& inputs = read.reel.inputs;
    ASSERT_FALSE(inputs.empty());
    EXPECT_EQ(counted(read), total);
    EXPECT_EQ(inputs.back().seq, total - 1);
    EXPECT_EQ(read.reel.loss.first_kept_seq, inputs.front().seq);
    for (const Input& input : inputs) {
      EXPECT_EQ(read_payload(input.data), (Label{0, static_cast<std::uint32_t>(input.seq)}));
      bytes -= input.data.size();
    }
    EXPECT_EQ(read.reel.loss.overwritten_bytes, bytes);  // of one thread nothing is sparse
    EXPECT_EQ(read.reel.loss.reaches_start, total == inputs.size());
  }
}

TEST(Record, KeepsMostOfTheRingAsTheTail) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    for (std::uint32_t i = 0; i < 20000; ++i) record_text(1, payload({0, i}, 40));
  });
  EXPECT_THAT(read.reel.inputs.size() * 64, Ge(kSmallRing * 8 / 10));
}

TEST(Record, NeverRecyclesThePrelude) {
  const RingPath path;
  const auto read = recorded(options_for(path, kSmallRing, 32 << 10), [] {
    for (std::uint32_t i = 0; i < 20000; ++i) record_text(1, payload({0, i}, 40));
  });
  const Reel& reel = read.reel;
  ASSERT_THAT(prelude_of(reel), Ge(400u));
  for (std::uint64_t i = 0; i < prelude_of(reel); ++i) EXPECT_EQ(reel.inputs[i].seq, i);
  const Input& tail = reel.inputs[prelude_of(reel)];
  EXPECT_EQ(tail.seq, reel.loss.first_kept_seq);
  EXPECT_EQ(tail.seq, prelude_of(reel) + reel.loss.overwritten_inputs);
  EXPECT_EQ(reel.inputs.back().seq, 19999u);
  for (const Input& input : reel.inputs) {
    EXPECT_EQ(read_payload(input.data), (Label{0, static_cast<std::uint32_t>(input.seq)}));
  }
}

TEST(Record, LeavesOutAllButTheNewestWhenAsked) {
  const RingPath path;
  const auto read = recorded(options_for(path, kSmallRing, 0, 3), [] {
    crashreel_open(1);
    crashreel_open(2);
    for (int i = 0; i < 10; ++i) record_text(2, std::to_string(i));
  });
  std::vector<std::string> kept;
  for (const Input& input : read.reel.inputs) kept.push_back(input.data);
  EXPECT_THAT(kept, ElementsAre("app inbound", "7", "8", "9"));
  EXPECT_EQ(read.reel.inputs[0].session, 2u);
  EXPECT_EQ(read.reel.loss.trimmed_inputs, 8u);
  EXPECT_EQ(read.reel.loss.first_kept_seq, 9u);
}

TEST(Record, LeavesErrnoAlone) {
  const RingPath path;
  const int status = in_child([&] {
    const auto options = options_for(path, 64 << 10);
    errno = 77;
    if (crashreel_start(&options) != 0 || errno != 77) return 1;
    const std::string large(10000, 'x');
    for (int i = 0; i < 1000; ++i) record_text(1, large);
    return errno == 77 ? 0 : 2;
  });
  EXPECT_EQ(status, 0);
}

TEST(Record, TellsTimeAndThreads) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    record_text(1, "a");
    ::usleep(20000);
    std::thread([] { record_text(1, "b"); }).join();
    record_text(1, "c");
  });
  const auto& inputs = read.reel.inputs;
  ASSERT_THAT(inputs, SizeIs(3));
  EXPECT_THAT(inputs[1].time_ns - inputs[0].time_ns, Ge(19000000u));
  EXPECT_THAT(inputs[2].time_ns, Ge(inputs[1].time_ns));
  EXPECT_EQ(inputs[0].thread, 0u);
  EXPECT_EQ(inputs[1].thread, 1u);
  EXPECT_EQ(inputs[2].thread, 0u);
}

}  // namespace
}  // namespace crashreel
