// Salvage of a ring that its threads go on writing.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

[[noreturn]] void write_for_ever(std::uint32_t writer) {
  std::mt19937 random(writer);
  std::vector<char> buffer(20000);
  for (std::uint32_t number = 0;; ++number) {
    const std::size_t size = random() % 32 == 0 ? random() % 20000 : random() % 200;
    make_payload({writer, number}, kLabelBytes + size / 2, buffer.data());
    crashreel_data(writer, buffer.data(), kLabelBytes + size / 2);
    // Slower than anyone reads, or no reader would find a tail.
    if (number % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// A child in which threads record without end, until this is gone.
class Writers {
 public:
  Writers(const RingPath& path, std::uint64_t ring_bytes, unsigned threads) {
    child_ = ::fork();
    CRASHREEL_CHECK(child_ >= 0);
    if (child_ != 0) return;
    auto options = options_for(path, ring_bytes, ring_bytes / 16);
    options.payload_crc = 1;
    if (crashreel_start(&options) != 0) ::_exit(1);
    for (unsigned t = 1; t < threads; ++t) std::thread(write_for_ever, t).detach();
    write_for_ever(0);
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_;
};

// At this place each writer's numbers follow each other, in the prelude from 0 on; gives how many
// inputs there are.
std::size_t expect_no_gaps(const Reel& reel, Place place) {
  std::map<std::uint32_t, std::uint32_t> next;
  std::size_t count = 0;
  for (const Input& input : reel.inputs) {
    if (input.place != place) continue;
    ++count;
    const auto label = read_payload(input.data);
    if (!label) {
      ADD_FAILURE() << "torn: seq " << input.seq;
      continue;
    }
    const std::uint32_t first = place == Place::kPrelude ? 0 : label->number;
    const auto it = next.try_emplace(label->writer, first).first;
    EXPECT_EQ(label->number, it->second) << "writer " << label->writer;
    it->second = label->number + 1;
  }
  return count;
}

// Gives how many inputs the tail has.
std::size_t expect_consistent(const ReadReel& read) {
  const Reel& reel = read.reel;
  EXPECT_TRUE(read.damage.none()) << read.damage.notes.at(0);
  EXPECT_EQ(reel.loss.torn_inputs, 0u);
  for (std::size_t i = 1; i < reel.inputs.size(); ++i) {
    EXPECT_GT(reel.inputs[i].seq, reel.inputs[i - 1].seq);
  }
  expect_no_gaps(reel, Place::kPrelude);
  return expect_no_gaps(reel, Place::kTail);
}

TEST(LiveRing, IsConsistentHoweverItsThreadsWriteMeanwhile) {
  const RingPath path;
  const Writers writers(path, 4 << 20, 3);
  unsigned with_tail = 0;
  std::uint64_t recorded = 0;
  for (int looks = 0; looks < 300 && with_tail < 20 && !HasFailure(); ++looks) {
    const auto read = salvage_live_ring(path.str());
    if (!read) {  // not there yet
      --looks;
      std::this_thread::yield();
      continue;
    }
    with_tail += expect_consistent(*read) != 0 ? 1 : 0;
    const Reel& reel = read->reel;
    const std::uint64_t now =
        reel.loss.overwritten_inputs + reel.loss.sparse_inputs + reel.inputs.size();
    EXPECT_GE(now, recorded);
    recorded = now;
  }
  EXPECT_GT(with_tail, 0u);
  EXPECT_GT(recorded, 0u);
}

TEST(LiveRing, OfAProgramThatRestsHasAllOfIt) {
  const RingPath path;
  const int status = in_child([&] {
    const auto options = options_for(path);
    if (crashreel_start(&options) != 0) return 1;
    for (int i = 0; i < 100; ++i) record_text(1, "number " + std::to_string(i));
    const auto read = salvage_live_ring(path.str());
    return read && read->damage.none() && read->reel.inputs.size() == 100 &&
                   read->reel.inputs[99].data == "number 99"
               ? 0
               : 2;
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace crashreel
