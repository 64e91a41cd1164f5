// The frames that crashreel salvage takes from a core dump.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/tools/run_command.h"
#include "tests/tools/salvage_scene.h"
#include "tools/json.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What the kernel leaves where it is told to leave it beside the program.
class CoreDumpTest : public testing::SalvageTest {
 protected:
  void SetUp() override {
    std::string pattern;
    std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
    if (pattern.empty() || pattern.starts_with('|') || pattern.find('/') != std::string::npos) {
      GTEST_SKIP() << "core dumps of this machine go elsewhere: " << pattern;
    }
    die("plain", "");
    ASSERT_TRUE(has("dump"));
  }
  // Dies of a write to 0x10, as its reel says, and leaves its dump, and its ring as NAME.ring.
  void die(const std::string& name, const std::string& options) {
    const CommandRun run = type(
        // AddressSanitizer, in the command itself, would forbid what it starts to leave one.
        "export ASAN_OPTIONS=${ASAN_OPTIONS-}:disable_coredump=0; "
        "ulimit -c unlimited; echo segv | crashreel record --ring 1MiB "
        "--ring-path $PWD/" +
        name + ".ring --keep-ring -q " + options + " -o " + name +
        ".reel -- " CRASHREEL_BUILD_DIR
        "/tests/programs/subject answers; status=$?; mv core* dump; exit $status");
    EXPECT_EQ(run.exit, 128 + 11) << run.err;
  }
  // The offsets of those of the program itself.
  std::vector<std::string> own_frames(const std::string& reel) {
    std::vector<std::string> frames;
    const Json signature = shown(reel)["crash"]["signature"];
    for (const Json& frame : signature["frames"]) {
      if (frame["module"] == "subject") frames.push_back(frame["offset"].dump());
    }
    return frames;
  }
};

TEST_F(CoreDumpTest, GivesTheFramesThatAHandlerInTheProgramWouldHaveTaken) {
  EXPECT_THAT(own_frames("plain.reel"), IsEmpty());
  const CommandRun run = type("crashreel salvage plain.ring -o dumped.reel --core dump");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("SEGV_MAPERR at address 0x10"));
  EXPECT_EQ(shown("dumped.reel")["crash"]["signature_from_replay"], false);
  const std::vector<std::string> frames = own_frames("dumped.reel");
  EXPECT_GE(frames.size(), 3u);
  die("framed", "--frames");
  EXPECT_EQ(own_frames("framed.reel"), frames);
  // The frames that the ring has are not asked of the dump.
  EXPECT_EQ(type("crashreel salvage framed.ring -o again.reel --core dump").exit, 0);
  EXPECT_EQ(own_frames("again.reel"), frames);
}

TEST_F(CoreDumpTest, IsRefusedWhereItIsNoneOrOfAnotherEnd) {
  const auto refused = [this](const std::string& ring, const std::string& dump, int status,
                              const std::string& why) {
    const CommandRun run = type("crashreel salvage " + ring + " -o x.reel --core " + dump);
    EXPECT_EQ(run.exit, status) << run.err;
    EXPECT_THAT(run.err, HasSubstr(why));
    EXPECT_FALSE(has("x.reel"));
  };
  refused("plain.ring", "plain.reel", 6, "plain.reel: is no core dump");
  type("head -c 300 dump > cut");
  refused("plain.ring", "cut", 6, "cut: is cut off");
  refused("plain.ring", "none", 2, "none: can't be opened as a core dump");
  leave_a_ring("other.ring");
  refused("other.ring", "dump", 2, "dump: is of process");
}

}  // namespace
}  // namespace crashreel
