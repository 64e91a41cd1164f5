// Killed at any instruction: a recording child is stepped through, instruction by instruction, and
// after each one its ring must say the truth.
#include <gtest/gtest.h>
#include <sys/ptrace.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"
#include "tests/capture/runtime/stepped.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kRing = 64 << 10;  // 12 chunks of 4 KiB, 1 of them the prelude

struct StepTruth {
  volatile std::uint64_t begun = 0;
  volatile std::uint64_t done = 0;
};

void record_next(StepTruth& truth, const std::string& bytes) {
  truth.begun = truth.begun + 1;
  crashreel_data(1, bytes.data(), bytes.size());
  truth.done = truth.begun;
}

// Fills the ring twice, and between two stops does what is stepped through: records in the middle
// of a chunk, one that takes and overwrites a chunk, one in pieces that takes two.
int victim(const RingPath& path, StepTruth& truth) {
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < 60; ++i)
    payloads.push_back(payload({1, static_cast<std::uint32_t>(payloads.size())}, 1000 + i));
  for (const std::size_t size : {8u, 9u, 900u, 100u, 5000u, 8u, 700u}) {
    payloads.push_back(payload({1, static_cast<std::uint32_t>(payloads.size())}, size));
  }
  const auto options = options_for(path, kRing, 1);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 1;
  if (crashreel_start(&options) != 0) return 2;
  for (std::size_t i = 0; i < 60; ++i) record_next(truth, payloads[i]);
  ::raise(SIGSTOP);
  for (std::size_t i = 60; i < payloads.size(); ++i) record_next(truth, payloads[i]);
  ::raise(SIGSTOP);
  return 0;
}

// The prelude is 0, 1, 2, …; the tail ends with the newest; nothing is torn or uncounted.
void expect_truth(const ReadReel& read, const StepTruth& truth) {
  const Reel& reel = read.reel;
  ASSERT_TRUE(read.damage.none()) << read.damage.notes.at(0);
  const std::uint64_t recorded =
      reel.loss.overwritten_inputs + reel.loss.sparse_inputs + reel.inputs.size();
  ASSERT_GE(recorded, truth.done);
  ASSERT_LE(recorded, truth.begun);
  ASSERT_LE(recorded + reel.loss.torn_inputs, truth.begun);
  for (std::size_t i = 0; i < reel.inputs.size(); ++i) {
    const bool prelude = reel.inputs[i].place == Place::kPrelude;
    const std::uint64_t number = prelude ? i : recorded - (reel.inputs.size() - i);
    ASSERT_EQ(read_payload(reel.inputs[i].data), (Label{1, static_cast<std::uint32_t>(number)}));
    ASSERT_EQ(reel.inputs[i].seq, number);
  }
  ASSERT_GT(reel.inputs.size(), 20u);
}

TEST(Record, KeepsEveryPromiseWhenKilledAtAnyInstruction) {
  SharedTruth<StepTruth> truth;
  const RingPath path;
  const Looks looks = look_at_each_step(
      path, kRing, [&] { return victim(path, *truth); },
      [&](const ReadReel& read) { expect_truth(read, *truth); });
  if (looks.untraceable) GTEST_SKIP() << "needs the right to trace a child";
  EXPECT_TRUE(looks.came_to_the_end);
  EXPECT_EQ(truth->done, 67u);
  EXPECT_GT(looks.count, 200u);
  RecordProperty("looks", static_cast<int>(looks.count));
}

// How a victim with heads and pins knows what it has done.
struct KeptTruth {
  volatile std::uint64_t begun = 0;
  volatile std::uint64_t done = 0;
  volatile std::uint64_t head_done = 0;  // data of session 5
  volatile std::uint64_t pin_done = 0;   // of the key
};

constexpr std::uint32_t kOwn = 5;  // the session whose head is looked at
constexpr std::uint32_t kPin = 9;  // the session of the pinned inputs

template <typename Record>
void once(KeptTruth& truth, Record&& record) {
  truth.begun = truth.begun + 1;
  record();
  truth.done = truth.begun;
}

// Only the newest input is the tail, so that all else must come from heads and pins. What is
// stepped through: copies into a head, until it is full; a new version of a pin; heads that are
// taken, free ones and another's; closings.
int kept_victim(const RingPath& path, KeptTruth& truth) {
  crashreel_options options = options_for(path, kRing, 0, 1);
  options.heads_bytes = 4 << 10;  // 3 heads
  options.pins_bytes = 4 << 10;
  options.pin_keys = 2;
  // Made beforehand: what is not recording need not be stepped through.
  std::vector<std::string> own, pins;
  for (std::uint32_t i = 0; i < 4; ++i) own.push_back(payload({kOwn, i}, 9 + 130 * i));
  for (std::uint32_t i = 0; i < 3; ++i) pins.push_back(payload({kPin, i}, 50 + i));
  const auto record_own = [&](std::size_t i) {
    once(truth, [&] { crashreel_data(kOwn, own[i].data(), own[i].size()); });
    truth.head_done = i + 1;
  };
  const auto pin = [&](std::size_t i) {
    once(truth,
         [&] { crashreel_pin("key", CRASHREEL_DATA, kPin, pins[i].data(), pins[i].size()); });
    truth.pin_done = i + 1;
  };
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return 1;
  if (crashreel_start(&options) != 0) return 2;
  once(truth, [] { crashreel_open(kOwn); });
  record_own(0);
  pin(0);
  for (int i = 0; i < 200; ++i) once(truth, [] { record_text(1, std::string(500, 'x')); });
  ::raise(SIGSTOP);
  record_own(1);
  pin(1);
  once(truth, [] { crashreel_open(6); });
  pin(2);
  once(truth, [] { crashreel_open(7); });
  record_own(2);
  once(truth, [] { crashreel_close(6); });
  once(truth, [] { crashreel_open(8); });  // gets the head of 6
  crashreel_session_ended(7, 0);
  once(truth, [] { crashreel_open(6); });  // gets the head of 7
  record_own(3);                           // does not fit any more: the tail has it
  ::raise(SIGSTOP);
  return 0;
}

void expect_kept(const ReadReel& read, const KeptTruth& truth) {
  const Reel& reel = read.reel;
  const Loss& loss = reel.loss;
  ASSERT_TRUE(read.damage.none()) << read.damage.notes.at(0);
  const std::uint64_t recorded =
      loss.overwritten_inputs + loss.sparse_inputs + loss.trimmed_inputs + reel.inputs.size();
  ASSERT_GE(recorded, truth.done);
  ASSERT_LE(recorded, truth.begun);
  std::uint64_t next_own = 0;
  std::uint64_t newest_pin = 0;
  for (const Input& input : reel.inputs) {
    if (input.kind != InputKind::kData || (input.session != kOwn && input.session != kPin))
      continue;
    const auto label = read_payload(input.data);
    ASSERT_TRUE(label.has_value()) << "torn: seq " << input.seq;
    if (label->writer == kOwn) {
      ASSERT_EQ(label->number, next_own++);
    } else {
      newest_pin = label->number + 1u;
    }
  }
  ASSERT_GE(next_own, truth.head_done);
  ASSERT_GE(newest_pin, truth.pin_done);
}

TEST(Heads, AndPinsKeepTheirPromisesWhenKilledAtAnyInstruction) {
  SharedTruth<KeptTruth> truth;
  const RingPath path;
  const Looks looks = look_at_each_step(
      path, kRing, [&] { return kept_victim(path, *truth); },
      [&](const ReadReel& read) { expect_kept(read, *truth); });
  if (looks.untraceable) GTEST_SKIP() << "needs the right to trace a child";
  EXPECT_TRUE(looks.came_to_the_end);
  EXPECT_EQ(truth->head_done, 4u);
  EXPECT_EQ(truth->pin_done, 3u);
  EXPECT_GT(looks.count, 100u);
}

}  // namespace
}  // namespace crashreel
