// Lose nothing uncounted where a program forks while it records: threads beside it, and handlers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

constexpr int kForks = 40;

struct Tries {
  std::atomic<std::uint64_t> inputs = 0;
  std::atomic<int> forks = 0;
};
Tries* tries = nullptr;

// No heap: a child may be forked while another thread has its lock.
void try_to_record(std::uint32_t writer, std::size_t size) {
  char bytes[3000];
  make_payload({writer, 0}, size, bytes);
  crashreel_data(writer, bytes, size);
  ++tries->inputs;
}

int record_some_as_child() {
  for (std::size_t i = 0; i < 20; ++i) try_to_record(99, 8 + i * 100);
  return 0;
}

void expect_all_counted(const ReadReel& read) {
  EXPECT_EQ(tries->forks.load(), kForks);
  EXPECT_EQ(counted(read) + read.reel.loss.dropped_inputs, tries->inputs.load());
  EXPECT_EQ(read.reel.loss.torn_inputs, 0u);
  for (const Input& input : read.reel.inputs) {
    EXPECT_TRUE(read_payload(input.data).has_value()) << "torn: seq " << input.seq;
  }
}

TEST(NoHarm, ForksWhileFourThreadsRecordLoseNothingUncounted) {
  tries = shared<Tries>();
  const RingPath path;
  const auto read = recorded(usual_options(path, 1 << 20), [] {
    std::atomic<int> writing = 0;
    std::atomic<bool> done = false;
    std::vector<std::thread> writers;
    for (std::uint32_t t = 0; t < 4; ++t) {
      writers.emplace_back([&, t] {
        for (std::size_t i = 0; !done || i == 0; ++i) {
          try_to_record(t, 8 + i * 77 % 2900);
          if (i == 0) ++writing;
          if (i % 16 == 0) std::this_thread::yield();  // to who forks
        }
      });
    }
    while (writing < 4) std::this_thread::yield();
    for (; tries->forks < kForks; ++tries->forks) {
      CRASHREEL_CHECK(in_child(record_some_as_child) == 0);
      try_to_record(4, 100);
    }
    done = true;
    for (auto& writer : writers) writer.join();
  });
  expect_all_counted(read);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
}

void record_and_fork(int) {
  if (tries->forks == kForks) return;
  try_to_record(1, 40);
  CRASHREEL_CHECK(in_child(record_some_as_child) == 0);
  try_to_record(1, 40);
  ++tries->forks;
}

TEST(NoHarm, AHandlerThatRecordsAndForksInTheMiddleOfARecordLosesNothingUncounted) {
  tries = shared<Tries>();
  const RingPath path;
  const auto read = recorded(usual_options(path, 1 << 20), [] {
    std::signal(SIGALRM, record_and_fork);
    const itimerval every = {{0, 500}, {0, 500}}, never = {};
    ::setitimer(ITIMER_REAL, &every, nullptr);
    for (std::size_t i = 0; tries->forks < kForks; ++i) try_to_record(0, 8 + i * 77 % 2900);
    ::setitimer(ITIMER_REAL, &never, nullptr);
  });
  expect_all_counted(read);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
}

}  // namespace
}  // namespace crashreel
