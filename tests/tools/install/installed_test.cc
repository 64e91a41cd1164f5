// Does an installed crashreel serve strangers' projects, and itself? tests/tools/install/project/
// is such a project, with CMake and with a Makefile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/tools/document.h"
#include "tests/tools/install/installed_tree.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::installed_tree;
using testing::type_installed;

class Installed : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy(CRASHREEL_SOURCE_DIR "/tests/tools/install/project", work_.path(),
                          std::filesystem::copy_options::recursive);
    work_.write("script", "one\narm\ntwo\ndie\n");
  }

  CommandRun type(const std::string& line) { return type_installed(work_, line); }
  std::string good(const std::string& line) {
    const CommandRun run = type(line);
    EXPECT_EQ(run.exit, 0) << line << "\n" << run.out << run.err;
    return run.out;
  }

  void programs_record_themselves() {
    for (const std::string program : {"lines", "lines-static"}) {
      EXPECT_EQ(type("CRASHREEL_RING=$PWD/own.ring ./" + program + " < script").exit, 134);
      good("crashreel salvage own.ring -o " + program + ".reel --remove");
      EXPECT_THAT(good("crashreel show --inputs " + program + ".reel"), HasSubstr("die"));
    }
    EXPECT_THAT(good("readelf -dV lines"), HasSubstr("[libcrashreel.so.0]"));
    EXPECT_THAT(good("readelf -dV lines"), HasSubstr("Name: CRASHREEL_0.1"));
    EXPECT_THAT(good("readelf -d lines-static"), Not(HasSubstr("crashreel")));
  }

  void functions_are_replayed() {
    work_.write("door.jsonl",
                "{\"session\":1,\"data\":\"bG9jaw==\"}\n{\"session\":1,\"data\":\"b3Blbg==\"}\n"
                "{\"session\":1,\"data\":\"bG9jaw==\"}\n");  // lock, open, lock
    good("crashreel import door.jsonl --kind function -o door.reel -- ./door-replay");
    good("crashreel minimize door.reel -o small.reel");
    EXPECT_EQ(good("crashreel show small.reel --jsonl | grep -c data"), "2\n");
    EXPECT_THAT(good("crashreel replay small.reel --tries 3"), HasSubstr("reproduced 3 of 3"));
  }

  testing::TemporaryDirectory work_;
};

TEST_F(Installed, ServesAProjectThatIsBuiltByCMake) {
  good("cmake -S . -B . -G Ninja -DCMAKE_PREFIX_PATH='" + installed_tree() +
       "' -DCMAKE_C_COMPILER=" C_COMPILER " -DCMAKE_CXX_COMPILER=" CXX_COMPILER
       " && cmake --build .");
  programs_record_themselves();
  functions_are_replayed();
}

TEST_F(Installed, ServesAProjectThatIsBuiltByMake) {
  good("make CC=" C_COMPILER);
  programs_record_themselves();
  functions_are_replayed();
}

TEST_F(Installed, SaysWhichComponentsThereAre) {
  work_.write("CMakeLists.txt",
              "cmake_minimum_required(VERSION 3.25)\nproject(stranger LANGUAGES C)\n"
              "find_package(crashreel REQUIRED COMPONENTS capture recorder)\n");
  const CommandRun run = type("cmake -S . -B . -DCMAKE_PREFIX_PATH='" + installed_tree() +
                              "' -DCMAKE_C_COMPILER=" C_COMPILER);
  EXPECT_NE(run.exit, 0);
  EXPECT_THAT(run.err, HasSubstr("no component 'recorder'; there are capture and harness"));
}

TEST_F(Installed, RecordsReplaysAndMinimizesFromWhereItIs) {
  const std::string program = CRASHREEL_BUILD_DIR "/zoo/canary_stdin";
  work_.write("script", "ECHO hello\nDEF a\nECHO world\nRUN a\n");
  EXPECT_EQ(type("crashreel record -o a.reel -- " + program + " < script").exit, 139);
  const std::string replayed = good("crashreel replay a.reel --tries 2");
  EXPECT_THAT(replayed, HasSubstr("reproduced 2 of 2"));
  EXPECT_THAT(replayed, HasSubstr("canary_stdin"));
  good("crashreel minimize a.reel -o small.reel");
  EXPECT_THAT(good("crashreel show small.reel --inputs"), Not(HasSubstr("hello")));
  EXPECT_THAT(good("crashreel debug small.reel --batch --ex 'reel back'"),
              HasSubstr("before input 1 of 2"));
  EXPECT_EQ(good("find '" + installed_tree() + "' -name __pycache__"), "");
}

// tools/doc/EMBEDDING.md
TEST_F(Installed, ServesTheReaderOfThePageOnEmbedding) {
  const std::string out =
      good("exec 2>&1; set -e\n" + testing::commands_of_document("tools/doc/EMBEDDING.md"));
  for (const char* promised : {"status 134", "AUTH xxxxxx", "runs unrecorded",
                               "4096 bytes: ", "reproduced 1 of 1", "\nAUTH xxxxxx\n"}) {
    EXPECT_THAT(out, HasSubstr(promised));
  }
}

}  // namespace
}  // namespace crashreel
