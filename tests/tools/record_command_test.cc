// crashreel record's options as they are typed: when a reel is made, how many stay, and what
// becomes of the ring.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture/reel/ring_image.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::one_object;

class RecordCommand : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }
  // With a ring that has this name.
  CommandRun record(const std::string& options, const std::string& script) {
    return type("crashreel record --ring 1MiB --ring-path $PWD/own.ring " + options +
                " -- sh -c '" + script + "'");
  }

  bool has(const std::string& name) const { return std::filesystem::exists(directory_.file(name)); }
  std::size_t reels() const {
    const std::filesystem::directory_iterator all(directory_.file("reels"));
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  Json shown(const std::string& reel) {
    return one_object(type("crashreel show --json " + reel).out);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(RecordCommand, MakesAReelOnItsOwnSignalAndPassesAnotherOn) {
  const CommandRun run = type(
      "mkfifo p q; mkdir reels\n"
      "crashreel record --ring 1MiB --on-signal SIGUSR2 -o reels/ -- "
      "sh -c 'trap \"exit 8\" USR2; trap \"exit 9\" USR1; echo > q; while :; do read x < p; done' "
      "&\n"
      "recorder=$!\n"
      "read x < q\n"
      "kill -USR2 $recorder\n"
      "until test -e reels/*.reel; do sleep 0.02; done\n"
      "kill -USR1 $recorder\n"
      "wait $recorder\n");
  EXPECT_EQ(run.exit, 9) << run.err;
  EXPECT_THAT(run.err, HasSubstr("saved on signal"));
  ASSERT_EQ(reels(), 1u);
  const Json crash = shown("reels/*.reel")["crash"];
  EXPECT_EQ(crash["reason"], "signal");
  EXPECT_EQ(crash["still_running"], true);
  EXPECT_EQ(record("--on-signal SIGKILL", "true").exit, 125);
}

TEST_F(RecordCommand, MakesAReelOfAHangAndEndsItByTheSignalThatWasNamed) {
  const CommandRun run = type(
      "printf \"one\\ntwo\\n\" | crashreel record --ring 1MiB --hang 200ms --hang-kill SIGABRT"
      " -o h.reel -- sh -c 'read a; while :; do :; done'");
  EXPECT_EQ(run.exit, 128 + 6) << run.err;
  EXPECT_THAT(run.err, HasSubstr("saved on hang"));
  EXPECT_THAT(run.err, HasSubstr("200 ms"));
  EXPECT_EQ(shown("h.1.reel")["crash"]["reason"], "hang");
  const Json end = shown("h.reel")["crash"];
  EXPECT_EQ(end["reason"], "crash");
  EXPECT_EQ(end["signature"]["kind"], "SIGABRT");
  const CommandRun alone = record("--hang-kill SIGABRT", "true");
  EXPECT_EQ(alone.exit, 125);
  EXPECT_THAT(alone.err, HasSubstr("needs --hang TIME"));
}

TEST_F(RecordCommand, LimitsItselfInACrashLoopAndRemovesItsRingEachTime) {
  std::filesystem::create_directory(directory_.file("reels"));
  for (int crash = 1; crash <= 4; ++crash) {
    const CommandRun run = record("--keep 2 --loop-time 1h -o reels/", "kill -SEGV $$");
    EXPECT_EQ(run.exit, 128 + 11) << run.err;
    EXPECT_EQ(run.err.find("no reel is written") != std::string::npos, crash > 2) << run.err;
    EXPECT_EQ(reels(), crash == 1 ? 1u : 2u);
    EXPECT_FALSE(has("own.ring")) << "crash " << crash;
  }
  // Whoever has no loop in mind gets each, and the newest stay.
  const std::string newest = "newest=$(ls -t reels | head -1); echo $newest";
  const std::string before = type(newest).out;
  const CommandRun run = record("--keep 2 --loop-time 1ms -o reels/", "kill -ABRT $$");
  EXPECT_EQ(run.exit, 128 + 6);
  EXPECT_THAT(run.err, Not(HasSubstr("no reel is written")));
  EXPECT_EQ(reels(), 2u);
  EXPECT_EQ(shown("reels/" + type(newest).out)["crash"]["signature"]["kind"], "SIGABRT");
  EXPECT_TRUE(has("reels/" + before.substr(0, before.size() - 1)));
  EXPECT_FALSE(has("own.ring"));
}

TEST_F(RecordCommand, ChecksPayloadsByASumWhenAskedTo) {
  for (const std::string crc : {"--crc ", ""}) {
    const CommandRun run =
        type("printf 'one\\ntwo\\n' | crashreel record --ring 1MiB --keep-ring " + crc +
             "--ring-path $PWD/own.ring -o s.reel --save-on always -- cat");
    EXPECT_EQ(run.out, "one\ntwo\n");
    const auto image = RingImage::open(directory_.file("own.ring"));
    ASSERT_TRUE(image) << run.err;
    EXPECT_EQ(image->super().payload_sum,
              crc.empty() ? ring::PayloadSum::kNone : ring::PayloadSum::kCrc32cOfAll);
    EXPECT_THAT(type("crashreel show --inputs s.reel").out, HasSubstr("two"));
    std::filesystem::remove(directory_.file("own.ring"));
  }
}

}  // namespace
}  // namespace crashreel
