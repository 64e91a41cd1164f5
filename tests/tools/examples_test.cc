// Every example of every verb's help, typed as it stands there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::run_line;

// All that the examples mention: ./calc dies of commands.txt, ./server ends by itself, and any
// other build of ./calc is ./calc once more.
class ExamplesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/canary_stdin",
                                    directory_.file("calc"));
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/canary_stdin",
                                    directory_.file("server"));
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/canary_stdin",
                                    directory_.file("calc-asan"));
    directory_.write("commands.txt", "ECHO hello\nDEF a\nECHO world\nRUN a\n");
    directory_.write("harmless.txt", "ECHO hello\nECHO world\n");
    // The fixed build, and what stands for a fuzz target: it takes every seed.
    std::filesystem::create_symlink("/bin/cat", directory_.file("calc-fixed"));
    directory_.write("fuzz", "#!/bin/sh\ncp \"$4\"/* \"$5\"/* \"$3\"\n");
    std::filesystem::permissions(directory_.file("fuzz"), std::filesystem::perms::owner_all);
    directory_.write("server.conf", "port 6379\n");
    directory_.write(
        "inputs.jsonl",
        "{\"session\":0,\"data\":\"REVGIGEK\"}\n{\"session\":0,\"data\":\"UlVOIGEK\"}\n");
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/adapters/scale_zero-replay",
                                    directory_.file("calc-replay"));
    directory_.write("crash-0b6e",
                     "UNSCALE/FULLY\xc1"
                     "BMEASURE/5");
    directory_.write("talk.jsonl",
                     "{\"session\":1,\"kind\":\"open\",\"data\":"
                     "\"dGNwIGluYm91bmQgMTI3LjAuMC4xOjYzNzk=\"}\n"
                     "{\"session\":1,\"data\":\"UElORwo=\"}\n");
    set_up_by("crashreel import talk.jsonl -o talk.reel -- ./server");
    set_up_by("crashreel corpus export talk.reel --format pcapng -o traffic.pcap");
    set_up_by("crashreel import inputs.jsonl --kind stdin -o crash.reel -- ./calc");
    set_up_by("crashreel minimize crash.reel -o min.reel");
    set_up_by("crashreel corpus add corpus min.reel");
    set_up_by("crashreel record --ring 4MiB --keep-ring --ring-path $PWD/server.ring -- ./server");
  }

  CommandRun type(const std::string& line) {
    return run_line(line, {.directory = directory_.path()});
  }

  // In a copy, so that no example sees what another one left.
  CommandRun type_apart(const std::string& line) {
    testing::TemporaryDirectory copy;
    std::filesystem::copy(
        directory_.path(), copy.path(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    return run_line(line, {.directory = copy.path()});
  }

  void set_up_by(const std::string& line) {
    CommandRun run = type(line);
    ASSERT_EQ(run.exit, 0) << line << "\n" << run.err;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ExamplesTest, DoWhatTheyPromise) {
  Json overview = testing::one_object(type("crashreel --help --json").out);
  for (const Json& verb : overview["verbs"]) {
    for (const Json& example : verb["examples"]) {
      std::string line = example["command"];
      CommandRun run = type_apart(line);
      // record passes the program's status through, and ./calc is killed by SIGSEGV.
      bool crashes = verb["name"] == "record" && line.find("./calc") != std::string::npos;
      EXPECT_EQ(run.exit, crashes ? 139 : 0) << line << "\n" << run.err;
      EXPECT_THAT(line, HasSubstr("crashreel " + std::string(verb["name"])));
    }
  }
}

}  // namespace
}  // namespace crashreel
