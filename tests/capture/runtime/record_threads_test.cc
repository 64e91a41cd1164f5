// What many writers hand to crashreel.h at once, threads, children and handlers, is what salvage
// gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <csignal>
#include <map>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include "capture/reel/ring_image.h"
#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::Ge;
using testing::SizeIs;

// Each writer's numbers among the inputs, in their order.
std::map<std::uint32_t, std::vector<std::uint32_t>> numbers_by_writer(const Reel& reel) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> numbers;
  for (const Input& input : reel.inputs) {
    const auto label = read_payload(input.data);
    EXPECT_TRUE(label.has_value()) << "torn: seq " << input.seq;
    if (label) numbers[label->writer].push_back(label->number);
  }
  return numbers;
}

// The newest numbers of a writer, none missing, up to `end`.
void expect_a_run_up_to(const std::vector<std::uint32_t>& numbers, std::uint32_t end) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_EQ(numbers[i], end - numbers.size() + i);
  }
}

TEST(Record, LosesNothingUncountedWithManyThreads) {
  constexpr std::uint32_t kThreads = 8, kEach = 20000;
  const RingPath path;
  const auto read = recorded(options_for(path, 1 << 20), [] {
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (std::uint32_t i = 0; i < kEach; ++i) record_text(t, payload({t, i}, 8 + i % 200));
      });
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(counted(read), kThreads * kEach);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  EXPECT_EQ(read.reel.loss.torn_inputs, 0u);
  std::uint64_t shown = 0;
  for (const auto& [writer, numbers] : numbers_by_writer(read.reel)) {
    expect_a_run_up_to(numbers, kEach);
    shown += numbers.size();
  }
  EXPECT_EQ(shown, read.reel.inputs.size());
  EXPECT_EQ(read.reel.inputs.back().seq, kThreads * kEach - 1);
}

TEST(Record, GivesTheChunksOfEndedThreadsToOthers) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    for (std::uint32_t i = 0; i < 500; ++i) {  // far more than there are chunks
      std::thread([i] { record_text(i, payload({i, 0}, 20)); }).join();
    }
  });
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  EXPECT_EQ(counted(read), 500u);
}

TEST(Record, CountsWhatMoreThreadsThanChunksCanNotRecord) {
  constexpr std::uint32_t kThreads = 40;  // a ring of 64 KiB has 12 chunks at most
  const RingPath path;
  const auto read = recorded(options_for(path, 64 << 10), [] {
    pthread_barrier_t together;
    pthread_barrier_init(&together, nullptr, kThreads);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t, &together] {
        record_text(t, payload({t, 0}, 20));
        pthread_barrier_wait(&together);  // all hold what they have until all have tried
      });
    }
    for (auto& thread : threads) thread.join();
    record_text(1, payload({1, 1}, 20));  // and now there is room again
  });
  const auto image = RingImage::open(path.str());
  ASSERT_TRUE(image);
  const std::uint32_t chunks = image->super().chunk_count;
  ASSERT_LT(chunks, kThreads);
  EXPECT_EQ(counted(read), chunks + 1);
  EXPECT_EQ(read.reel.loss.dropped_inputs, kThreads - chunks);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

// One after the other, each going on in the places of the pool that are left to it from a round
// long over: the last one fills half of the ring in a turn, the first one a few chunks.
TEST(Record, KeepsMostOfARingHoweverItsThreadsTakeTurns) {
  constexpr std::uint32_t kThreads = 6, kTurns = 40, kRecordBytes = 1000, kRingBytes = 4 << 20;
  const auto count_of = [](std::uint32_t thread) { return 20u << thread; };
  const RingPath path;
  const auto read = recorded(options_for(path, kRingBytes), [&] {
    std::vector<std::unique_ptr<std::binary_semaphore>> turns;
    std::binary_semaphore done(0);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      turns.push_back(std::make_unique<std::binary_semaphore>(0));
      threads.emplace_back([&, t, mine = turns.back().get()] {
        for (std::uint32_t i = 0; i < kTurns * count_of(t); ++i) {
          if (i % count_of(t) == 0) mine->acquire();
          record_text(t, payload({t, i}, kRecordBytes));
          if ((i + 1) % count_of(t) == 0) done.release();
        }
      });
    }
    for (std::uint32_t turn = 0; turn < kTurns * kThreads; ++turn) {
      turns[(turn * 5 + turn / kThreads) % kThreads]->release();
      done.acquire();
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  for (const auto& [writer, numbers] : numbers_by_writer(read.reel)) {
    expect_a_run_up_to(numbers, kTurns * count_of(writer));
  }
  EXPECT_GE(read.reel.inputs.size() * kRecordBytes, kRingBytes / 10 * 6);
}

TEST(Record, GoesOnInForkedChildrenWithChunksOfTheirOwn) {
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    record_text(0, payload({0, 0}, 20));
    for (std::uint32_t child = 1; child <= 3; ++child) {
      const int status = in_child([child] {
        for (std::uint32_t i = 0; i < 50; ++i) record_text(child, payload({child, i}, 20));
        return 0;
      });
      CRASHREEL_CHECK(status == 0);
      record_text(0, payload({0, child}, 20));
    }
  });
  auto numbers = numbers_by_writer(read.reel);
  EXPECT_THAT(numbers[0], ElementsAre(0, 1, 2, 3));
  for (std::uint32_t child = 1; child <= 3; ++child) {
    EXPECT_THAT(numbers[child], SizeIs(50));
    expect_a_run_up_to(numbers[child], 50);
  }
  EXPECT_EQ(read.reel.inputs.back().thread, read.reel.inputs.front().thread);
}

TEST(Record, FindsTheChunksOfKilledChildrenAgain) {
  const RingPath path;
  const auto read = recorded(options_for(path, 64 << 10), [] {
    for (std::uint32_t child = 0; child < 100; ++child) {  // 12 chunks
      in_child([child] {
        record_text(child, payload({child, 0}, 20));
        return ::raise(SIGKILL);
      });
    }
  });
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  EXPECT_EQ(counted(read), 100u);
}

struct HandlerTruth {
  std::uint32_t recorded = 0;
};
HandlerTruth* handler_truth = nullptr;

void record_in_handler(int) {
  char bytes[30];
  make_payload({9, handler_truth->recorded}, sizeof bytes, bytes);
  crashreel_data(9, bytes, sizeof bytes);
  ++handler_truth->recorded;
}

TEST(Record, MayBeInterruptedByAHandlerThatRecords) {
  handler_truth = shared<HandlerTruth>();
  constexpr std::uint32_t kEach = 300000;
  const RingPath path;
  const auto read = recorded(options_for(path, 1 << 20), [] {
    std::signal(SIGALRM, record_in_handler);
    const itimerval every = {{0, 200}, {0, 200}};  // 5 kHz
    setitimer(ITIMER_REAL, &every, nullptr);
    const std::string text = payload({0, 0}, 400);
    for (std::uint32_t i = 0; i < kEach; ++i) {
      std::string numbered = text;
      make_payload({0, i}, 8 + i % 300, numbered.data());
      crashreel_data(1, numbered.data(), 8 + i % 300);
    }
    const itimerval off = {};
    setitimer(ITIMER_REAL, &off, nullptr);
  });
  EXPECT_THAT(handler_truth->recorded, Ge(1u));
  EXPECT_EQ(counted(read) + read.reel.loss.dropped_inputs, kEach + handler_truth->recorded);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  auto numbers = numbers_by_writer(read.reel);
  expect_a_run_up_to(numbers[0], kEach);
  expect_a_run_up_to(numbers[9], handler_truth->recorded);
  ::munmap(handler_truth, sizeof(HandlerTruth));
}

}  // namespace
}  // namespace crashreel
