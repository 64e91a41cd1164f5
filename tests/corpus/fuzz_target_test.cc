// In which order, and with what, is an adapter called? The adapter here is the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/runtime/adapter.h"
#include "corpus/seed_codec.h"
#include "tests/capture/reel/scene.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::string> calls;
int instance;

}  // namespace

void* crashreel_adapter_start() {
  calls = {"start"};
  return &instance;
}

void crashreel_adapter_input(void* self, std::uint32_t session, std::uint32_t kind,
                             const void* bytes, std::size_t size) {
  EXPECT_EQ(self, &instance);
  const std::string number =
      session == CRASHREEL_INPUT_NO_SESSION ? "none" : std::to_string(session);
  calls.push_back(std::to_string(kind) + " " + number + ":" +
                  std::string(static_cast<const char*>(bytes), size));
}

void crashreel_adapter_idle(void* self, std::uint64_t nanoseconds) {
  EXPECT_EQ(self, &instance);
  calls.push_back(nanoseconds == UINT64_MAX ? "idle" : "idle " + std::to_string(nanoseconds));
}

void crashreel_adapter_stop(void* self) {
  EXPECT_EQ(self, &instance);
  calls.push_back("stop");
}

namespace crashreel {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> calls_for(const std::string& seed) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(seed.data()), seed.size());
  return calls;
}

TEST(FuzzTarget, BringsEachInputAndThePausesBetween) {
  EXPECT_THAT(calls_for(encode_seed(scene("@100 5+ 5:GET 9:x\xc1y @107 9- !11 @108 5:last"))),
              ElementsAre("start", "1 0:tcp inbound", "2 0:GET", "2 1:x\xc1y", "idle 7",
                          "3 1:", "4 none:11", "idle 1", "2 0:last", "idle", "stop"));
}

TEST(FuzzTarget, StartsAndStopsForNothing) {
  EXPECT_THAT(calls_for(""), ElementsAre("start", "idle", "stop"));
}

TEST(FuzzTarget, TakesAFileOfBytesAsOneRead) {
  EXPECT_THAT(calls_for("GET / HTTP/1.0\n"),
              ElementsAre("start", "2 0:GET / HTTP/1.0\n", "idle", "stop"));
}

}  // namespace
}  // namespace crashreel
