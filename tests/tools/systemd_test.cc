// What the page about systemd promises: that the units in it work as they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "tests/tools/run_command.h"
#include "tests/tools/salvage_scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The units of tools/SYSTEMD.md, with this machine's places in them.
class SystemdTest : public testing::SalvageTest {
 protected:
  void SetUp() override {
    std::ifstream page(CRASHREEL_SOURCE_DIR "/tools/SYSTEMD.md");
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with("```")) {
        inside = line == "```ini";
        if (inside) units_.emplace_back();
      } else if (inside) {
        units_.back() += with_our_places(line) + "\n";
      }
    }
    ASSERT_EQ(units_.size(), 2u);
    std::filesystem::create_directory(directory_.file("reels"));
  }

  std::string with_our_places(std::string line) {
    const std::pair<std::string, std::string> places[] = {
        {"/usr/bin/crashreel", testing::crashreel_binary()},
        {"/usr/sbin/server", CRASHREEL_BUILD_DIR "/zoo/canary_stdin"},
        {"/usr/sbin/own", CRASHREEL_BUILD_DIR "/zoo/canary_stdin"},
        {"/var/crash/server/", directory_.file("reels") + "/"},
        {"/var/crash/own/", directory_.file("reels") + "/"},
        {"/dev/shm/own.ring", directory_.file("own.ring")}};
    for (const auto& [from, to] : places) {
      for (std::size_t at = 0; (at = line.find(from, at)) != std::string::npos; at += to.size()) {
        line.replace(at, from.size(), to);
      }
    }
    return line;
  }

  // As systemd hands it to exec.
  std::string command_of(std::size_t unit, const std::string& key) {
    std::istringstream lines(units_[unit]);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(key + "=")) continue;
      std::string command = line.substr(key.size() + 1);
      for (std::size_t at = 0; (at = command.find("$$", at)) != std::string::npos; ++at) {
        command.erase(at, 1);
      }
      return command;
    }
    ADD_FAILURE() << "no " << key;
    return "";
  }

  std::string reels() { return type("ls reels").out; }

  std::vector<std::string> units_;
};

TEST_F(SystemdTest, TakesTheUnitsAsTheyStand) {
  ASSERT_TRUE(std::filesystem::exists("/usr/bin/systemd-analyze")) << "it is not installed";
  for (const std::string& unit : units_) {
    directory_.write("a.service", unit);
    CommandRun run = type("systemd-analyze verify ./a.service");
    EXPECT_EQ(run.exit, 0) << unit << run.err;
    EXPECT_THAT(run.err, Not(HasSubstr("a.service"))) << unit;
  }
}

TEST_F(SystemdTest, RecordsWithTheRecorderInFront) {
  const std::string start = command_of(0, "ExecStart");
  EXPECT_EQ(type("printf 'DEF a\\nRUN a\\n' | " + start).exit, 139);
  EXPECT_THAT(reels(), HasSubstr("canary_stdin-"));
  EXPECT_EQ(type("printf 'ECHO a\\n' | " + start).exit, 0);
}

TEST_F(SystemdTest, SalvagesAfterAnEndThatWasNone) {
  leave_a_ring();
  const std::vector<std::string> settings = {"SERVICE_RESULT=core-dump", "EXIT_CODE=dumped",
                                             "EXIT_STATUS=SEGV",
                                             "CRASHREEL_RING=" + directory_.file("own.ring")};
  CommandRun run = type(command_of(1, "ExecStopPost"), settings);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_FALSE(has("own.ring"));
  ASSERT_THAT(reels(), HasSubstr(".reel"));
  EXPECT_EQ(shown("reels/*.reel")["crash"]["signature"]["kind"], "SIGSEGV");
}

TEST_F(SystemdTest, SalvagesNothingAfterAGoodEnd) {
  leave_a_ring();
  type(command_of(1, "ExecStopPost"),
       {"SERVICE_RESULT=success", "EXIT_CODE=exited", "EXIT_STATUS=0",
        "CRASHREEL_RING=" + directory_.file("own.ring")});
  EXPECT_FALSE(has("own.ring"));
  EXPECT_THAT(reels(), IsEmpty());
}

}  // namespace
}  // namespace crashreel
