// What the recorder does on machines that are not at hand, this one made to look like them.
//
//   forced_test around-the-caches|without-cycles [--gtest_...]
//
// One process for each: all tests of recording (record_test.cc, record_threads_test.cc), and those
// below, with large payloads copied in that way, or with the kernel's clock for stamps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "capture/reel/ring_image.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_copy.h"
#include "capture/runtime/ring_forced.h"
#include "tests/capture/runtime/kill_run.h"
#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using ring::LargeCopies;

const std::map<std::string, ring::Forced> kMachines = {
    {"around-the-caches", {.large = LargeCopies::kAroundCaches}},
    {"without-cycles", {.without_cycles = true}},
};

std::string bytes_of(const std::vector<unsigned char>& bytes) {
  return {bytes.begin(), bytes.end()};
}

// Whatever lies before and behind a payload stays, wherever in a cache line the two begin.
void expect_exact_copies(ring::Copy copy, std::size_t size) {
  constexpr std::size_t kAround = 128;
  const std::string from = payload({7, 7}, size + kAround);
  const auto* source = reinterpret_cast<const unsigned char*>(from.data());
  std::vector<unsigned char> room(size + 2 * kAround);
  auto line = room.data();
  while (reinterpret_cast<std::uintptr_t>(line) % 64 != 0) ++line;
  const auto before = static_cast<std::size_t>(line - room.data());
  for (std::size_t skew = 0; skew < 64; ++skew) {
    const std::size_t source_skew = skew * 37 % 64;
    std::string wanted(room.size(), '!');
    room.assign(room.size(), '!');
    copy(line + skew, source + source_skew, size);
    wanted.replace(before + skew, size, from, source_skew, size);
    ASSERT_TRUE(bytes_of(room) == wanted) << size << " bytes to " << skew << " in a line";
  }
}

TEST(Forced, CopiesLeaveNoByteOutAndTouchNoneBeside) {
  const ring::Copies copies = ring::copies_by(ring::g_forced.large);
  for (const std::size_t size : {257u, 511u, 512u, 4000u, 4096u}) {
    expect_exact_copies(copies.some, size);
    expect_exact_copies(copies.large, size);
  }
  const std::size_t large = ring::kLargeBytes;
  for (const std::size_t more : {0u, 1u, 63u, 64u, 65u}) {
    expect_exact_copies(copies.large, large + more);
  }
}

// Large payloads one after the other, whole or in pieces, at every place in a line.
TEST(Forced, LargePayloadsAreWhatTheyWere) {
  constexpr std::uint32_t kCount = 130;
  const RingPath path;
  const ReadReel read = recorded(options_for(path, 16 << 20), [] {
    const auto large = ring::g_forced.large;
    CRASHREEL_CHECK(large == LargeCopies::kFastest ||
                    ring::g_ring.copies.large == ring::copies_by(large).large);
    for (std::uint32_t i = 0; i < kCount; ++i) {
      record_text(1, payload({1, i}, ring::kLargeBytes + i * 97));
    }
  });
  ASSERT_EQ(read.reel.inputs.size(), kCount);
  std::uint64_t before_ns = 0;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const Input& input = read.reel.inputs[i];
    EXPECT_EQ(read_payload(input.data), (Label{1, i}));
    EXPECT_GT(input.time_ns, before_ns);
    before_ns = input.time_ns;
  }
  const auto image = RingImage::open(path.str());
  ASSERT_TRUE(image);
  if (ring::g_forced.without_cycles) {
    EXPECT_EQ(image->super().clock, ring::Clock::kMonotonic);
  }
}

TEST(Forced, RingsSurviveKills) {
  std::array<std::uint64_t, 2> recorded{};
  for (unsigned run = 0; run < 16; ++run) {
    const RingPath path;
    KillPlan plan;
    plan.ring_path = path.str();
    plan.ring_bytes = 2 << 20;
    plan.longest = 256 << 10;  // below what such a ring cuts
    plan.threads = 1u << run % 4;
    plan.death = kDeaths[run / 4];
    plan.handler_hz = run % 2 == 0 ? 5000 : 0;
    plan.life_us = run * 400;
    plan.seed = run;
    const KillAccount account = run_and_kill(plan);
    EXPECT_TRUE(account.holds()) << name_of(plan.death) << ", " << plan.threads << " threads, run "
                                 << run << ": " << testing::PrintToString(account.complaints);
    recorded[run % 2] += account.recorded;
  }
  EXPECT_GT(recorded[0], 8u);
  EXPECT_GT(recorded[1], 8u);
}

}  // namespace
}  // namespace crashreel

int main(int argc, char** argv) {
  using crashreel::kMachines;
  const auto machine = argc > 1 ? kMachines.find(argv[1]) : kMachines.end();
  if (machine == kMachines.end()) {
    std::fprintf(stderr, "usage: forced_test around-the-caches|without-cycles\n");
    return 2;
  }
  crashreel::ring::g_forced = machine->second;
  if (machine->second.large == crashreel::ring::LargeCopies::kAroundCaches &&
      !crashreel::ring::copies_by(machine->second.large).wide) {
    std::printf("no copies around the caches: this processor has no AVX2\n");
    return 77;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
