// What does a stranger's project get from find_package(crashreel)? tests/corpus/package/ is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "corpus/seed_codec.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::run_command;
using testing::run_line;
using testing::TemporaryDirectory;

std::string seed_of(const std::vector<std::string>& inputs) {
  Reel reel;
  for (const std::string& data : inputs)
    reel.inputs.push_back({.seq = reel.inputs.size(), .session = 1, .data = data});
  return encode_seed(reel);
}

class Package : public ::testing::Test {
 protected:
  void SetUp() override {
    good("cmake --install " CRASHREEL_BUILD_DIR " --component fuzz_target --prefix installed");
    work_.write("crash", seed_of({"open", "lock"}));
    std::filesystem::create_directories(work_.file("corpus"));
    work_.write("corpus/harmless", seed_of({"lock", "open"}));
  }

  void build(const std::string& c, const std::string& cxx, const std::string& flags = "") {
    good("cmake -S " CRASHREEL_SOURCE_DIR
         "/tests/corpus/package -B built -G Ninja -DCMAKE_PREFIX_PATH=$PWD/installed "
         "-DCMAKE_C_COMPILER=" +
         c + " -DCMAKE_CXX_COMPILER=" + cxx + " -DCMAKE_C_FLAGS='" + flags +
         "' -DCMAKE_CXX_FLAGS='" + flags + "' && cmake --build built");
  }

  CommandRun in_work(const std::string& line) {
    return run_line(line, {.directory = work_.path()});
  }
  void good(const std::string& line) {
    const CommandRun run = in_work(line);
    ASSERT_EQ(run.exit, 0) << run.out << run.err;
  }

  TemporaryDirectory work_;
};

TEST_F(Package, MakesProgramsForReplaysAndFuzzersWithASanitizer) {
  build(C_COMPILER, CXX_COMPILER, "-fsanitize=address");
  good("built/door-replay corpus/harmless");
  EXPECT_NE(in_work("built/door-replay crash").exit, 0);
  EXPECT_EQ(std::filesystem::exists(work_.file("built/door")), HAS_FUZZER != 0);
  if (HAS_FUZZER) good("built/door -detect_leaks=0 -runs=0 corpus");
  work_.write("peep", seed_of({"peep", "open"}));  // the byte behind is the next input's mark
  good("crashreel import peep --format seed --kind function -o a.reel -- built/door-replay");
  const CommandRun run = in_work("crashreel replay a.reel");
  EXPECT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("__asan_report_load1"));
  EXPECT_THAT(in_work("built/door-replay peep").err, HasSubstr("heap-buffer-overflow"));
}

TEST_F(Package, MakesAPersistentProgramForAflPlusPlus) {
  if (in_work("command -v afl-clang-fast++ afl-fuzz").exit != 0)
    GTEST_SKIP() << "AFL++ is not installed; tools/install-packages --bench does";
  build("afl-clang-fast", "afl-clang-fast++");
  EXPECT_NE(in_work("built/door crash").exit, 0);
  good(
      "AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 "
      "afl-fuzz -i corpus -o found -s 1 -E 500 -- built/door");
  const std::string statistics = work_.read("found/default/fuzzer_stats");
  EXPECT_THAT(statistics, HasSubstr("persistent"));
}

}  // namespace
}  // namespace crashreel
