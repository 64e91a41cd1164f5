// Killed at any instruction: a recording child is stepped through, instruction by instruction, and
// after each one its ring must say the truth.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

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

bool step(pid_t child, int& status) {
  return ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 &&
         ::waitpid(child, &status, 0) == child;
}

TEST(Record, KeepsEveryPromiseWhenKilledAtAnyInstruction) {
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  StepTruth& truth = *new (page) StepTruth();
  const RingPath path;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(victim(path, truth));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) GTEST_SKIP() << "needs the right to trace a child";

  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const void* ring = ::mmap(nullptr, kRing, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  ASSERT_NE(ring, MAP_FAILED);
  unsigned looks = 0;
  std::vector<std::byte> before(kRing);
  bool alive = true;
  while (!HasFatalFailure() && (alive = step(child, status)) && WSTOPSIG(status) == SIGTRAP) {
    if (std::memcmp(before.data(), ring, kRing) == 0)
      continue;  // most instructions write elsewhere
    std::memcpy(before.data(), ring, kRing);
    ++looks;
    const auto read = salvage_ring_bytes(before, "stepped");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    expect_truth(*read, truth);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(alive);
  EXPECT_EQ(truth.done, 67u);
  EXPECT_GT(looks, 300u);
  RecordProperty("looks", static_cast<int>(looks));
  ::munmap(const_cast<void*>(ring), kRing);
  ::munmap(page, 4096);
}

}  // namespace
}  // namespace crashreel
