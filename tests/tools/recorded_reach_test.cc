// How far back the tail must go, of servers that were recorded: one of the zoo, and redis. With a
// ring that was too short, and with the one that would have done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture/reel/jsonl.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/tools/recording.h"
#include "tools/pipeline/reach.h"

namespace crashreel::testing {
namespace {

// Nothing is kept but the tail.
void keep_the_tail_alone(Scene& scene, std::uint64_t ring_bytes) {
  scene.options().ring_bytes = ring_bytes;
  scene.options().prelude_bytes = 0;
  scene.options().heads_bytes = 0;
}

ReachReport reach_of(const Reel& reel) {
  auto report = measure_tails(reel, {.tries = 1});
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : ReachReport();
}

// In one session the key that kills is put, in another it is asked for many times, then used.
Reel clerk_recorded(std::uint64_t ring_bytes) {
  Scene scene;
  keep_the_tail_alone(scene, ring_bytes);
  const int port = free_port();
  scene.start({CRASHREEL_BUILD_DIR "/zoo/clerk", std::to_string(port)});
  Client one = Client::tcp(port);
  EXPECT_EQ(one.ask("PUT a b\n"), "OK\n");
  Client two = Client::tcp(port);
  for (int i = 0; i < 1'500; ++i) EXPECT_EQ(two.ask("GET a, and so on\n"), "NONE\n");
  EXPECT_EQ(one.ask("BURN a\n"), "");
  scene.wait();
  return scene.reel();
}

TEST(RecordedReach, OfAServerOfTheZooTellsTheRingThatWouldHaveDone) {
  const ReachReport small = reach_of(clerk_recorded(64 << 10));
  EXPECT_EQ(small.verdict, ReachVerdict::kTooShort);
  EXPECT_FALSE(small.needed);
  ASSERT_TRUE(small.ring_bytes);
  EXPECT_GT(*small.ring_bytes, 64u << 10);
  const ReachReport enough = reach_of(clerk_recorded(*small.ring_bytes));
  EXPECT_EQ(enough.verdict, ReachVerdict::kSufficient);
  EXPECT_EQ(enough.needed, 1'502u);
  EXPECT_TRUE(enough.exact);
  EXPECT_LE(enough.ring_bytes, small.ring_bytes);
}

// The four commands of the case, and others between the first and the last three.
Reel redis_recorded(std::uint64_t ring_bytes) {
  const std::string path = CRASHREEL_SOURCE_DIR "/tests/cases/redis-acl-self-kill/inputs.jsonl";
  const auto commands = parse_jsonl(file_bytes(path), path);
  EXPECT_TRUE(commands) << commands.error().message;
  Scene scene;
  keep_the_tail_alone(scene, ring_bytes);
  const int port = free_port();
  scene.start(
      {"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1", "--save", ""});
  Client admin = Client::tcp(port);
  EXPECT_EQ(admin.ask(commands->at(0).data), "+OK\r\n");
  for (int i = 0; i < 1'500; ++i) admin.ask_until("GET nothing\r\n", "\r\n");
  Client user = Client::tcp(port);
  user.ask_until(commands->at(1).data, "modules");
  user.ask_until(commands->at(2).data, ":1\r\n");
  user.ask(commands->at(3).data);
  scene.wait();
  return scene.reel();
}

TEST(RecordedReach, OfRedisTellsTheRingThatWouldHaveDone) {
  const ReachReport small = reach_of(redis_recorded(64 << 10));
  EXPECT_EQ(small.verdict, ReachVerdict::kTooShort);
  ASSERT_TRUE(small.ring_bytes);
  EXPECT_GT(*small.ring_bytes, 64u << 10);
  const ReachReport enough = reach_of(redis_recorded(*small.ring_bytes));
  EXPECT_EQ(enough.verdict, ReachVerdict::kSufficient);
  EXPECT_EQ(enough.needed, 1'504u);
  EXPECT_EQ(enough.signature.kind, "SIGSEGV");
}

}  // namespace
}  // namespace crashreel::testing
