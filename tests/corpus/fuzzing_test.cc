// What libFuzzer makes of our targets, where the compiler brings one: it finds, by its numbers,
// what the corpus nearly holds, and what it leaves is a reel again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "capture/base/check.h"
#include "corpus/seed_codec.h"
#include "tests/capture/reel/scene.h"
#include "tests/corpus/adapter_zoo.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"
#include "tools/json.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::run_line;
using testing::TemporaryDirectory;

std::string fuzzer_of(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR) + adapter_zoo::kFolder + name;
}

std::string library_fuzzer(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR) + adapter_zoo::kLibraries + name;
}

// A corpus of one zoo program's conversations without a crash, and what a fuzzer makes of it.
class Fuzzing : public ::testing::Test {
 protected:
  void fill(const std::string& name) {
    std::filesystem::create_directories(work_.file("corpus"));
    const std::vector<Reel> scenes = adapter_zoo::scenes_of(name);
    for (std::size_t i = 1; i < scenes.size(); ++i)
      work_.write("corpus/" + std::to_string(i), encode_seed(scenes[i]));
  }

  CommandRun fuzz(const std::string& program, const std::string& options) {
    return run_line(program + " -seed=1 -verbosity=1 " + options + " corpus",
                    {.directory = work_.path(), .settings = {"UBSAN_OPTIONS=symbolize=0"}});
  }

  // Of the crash that was found; empty when none was.
  std::string artifact() const {
    for (const auto& entry : std::filesystem::directory_iterator(work_.path()))
      if (entry.path().filename().string().starts_with("crash-")) return entry.path().filename();
    return {};
  }

  TemporaryDirectory work_;
};

class FuzzingZoo : public Fuzzing, public ::testing::WithParamInterface<const char*> {};

TEST_P(FuzzingZoo, FindsTheCrashAndWhatItLeavesReproducesIt) {
  const std::string name = GetParam();
  fill(name);
  const CommandRun found = fuzz(fuzzer_of(name), "-runs=100000");
  ASSERT_NE(found.exit, 0) << found.err;
  ASSERT_NE(artifact(), "") << found.err;
  const CommandRun run = run_line("crashreel import " + artifact() +
                                      " --format seed --kind function -o found.reel -- " +
                                      fuzzer_of(name) + "-replay && crashreel replay found.reel",
                                  {.directory = work_.path()});
  EXPECT_EQ(run.exit, 0) << run.out << run.err;
}

INSTANTIATE_TEST_SUITE_P(All, FuzzingZoo, ::testing::ValuesIn(adapter_zoo::kNames));

TEST_F(Fuzzing, GoesAsItsPartOfTheReadmeSays) {
  fill("shared_trap");
  std::filesystem::create_symlink(fuzzer_of("shared_trap"), work_.file("calc"));
  std::filesystem::create_symlink(fuzzer_of("shared_trap") + "-replay", work_.file("calc-replay"));
  const CommandRun run =
      run_line("set -e\n" + testing::commands_in_scene("README.md", "fuzzer"),
               {.directory = work_.path(), .settings = {"UBSAN_OPTIONS=symbolize=0"}});
  EXPECT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("crash-"));
  EXPECT_TRUE(std::filesystem::exists(work_.file("small.reel")));
}

TEST_F(Fuzzing, DoesTheSameForTheSameNumber) {
  fill("late_revoke");
  fuzz(fuzzer_of("late_revoke"), "-runs=100000");
  const std::string first = artifact();
  ASSERT_NE(first, "");
  std::filesystem::remove_all(work_.file("corpus"));
  std::filesystem::remove(work_.file(first));
  fill("late_revoke");
  fuzz(fuzzer_of("late_revoke"), "-runs=100000");
  EXPECT_EQ(artifact(), first);
}

TEST_F(Fuzzing, GoesWithTheValueProfile) {
  fill("shared_trap");
  const CommandRun run = fuzz(fuzzer_of("shared_trap"), "-runs=100000 -use_value_profile=1");
  EXPECT_THAT(run.err, HasSubstr("ft:"));
  EXPECT_NE(artifact(), "") << run.err;
}

TEST_F(Fuzzing, GoesInForkMode) {
  fill("shared_trap");
  const CommandRun run = fuzz(fuzzer_of("shared_trap"), "-fork=1");
  EXPECT_NE(artifact(), "") << run.err;
}

TEST_F(Fuzzing, MergesACorpus) {
  fill("shared_trap");
  std::filesystem::create_directories(work_.file("merged"));
  const CommandRun run =
      run_line(fuzzer_of("shared_trap") + " -merge=1 merged corpus", {.directory = work_.path()});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_FALSE(std::filesystem::is_empty(work_.file("merged")));
}

// A crash among the seeds, the same seed twice, and a production tail to be mined: what adds
// coverage stays once, and the crash.
TEST_F(Fuzzing, CleansUpACorpusOfOurs) {
  const std::vector<Reel> scenes = adapter_zoo::scenes_of("shared_trap");
  work_.write("crash.seed", encode_seed(scenes[0]));
  work_.write("day.seed", encode_seed(scenes[1]));
  const std::string replay = " -- " + fuzzer_of("shared_trap") + "-replay";
  const std::string import = " --format seed --kind function -o ";
  const CommandRun merged =
      run_line("crashreel import crash.seed" + import + "crash.reel" + replay +
                   " && crashreel minimize crash.reel -o small.reel"
                   " && crashreel import day.seed" +
                   import + "day.reel" + replay +
                   " && crashreel corpus add corpus small.reel && cp day.seed corpus/again"
                   " && cp day.seed corpus/once_more && crashreel corpus merge corpus --mine "
                   "day.reel --target " +
                   fuzzer_of("shared_trap"),
               {.directory = work_.path()});
  ASSERT_EQ(merged.exit, 0) << merged.out << merged.err;
  const CommandRun list =
      run_line("crashreel corpus list corpus --json", {.directory = work_.path()});
  const Json answer = Json::parse(list.out);
  EXPECT_EQ(answer["buckets"].size(), 1u) << list.out;
  std::vector<std::string> origins;
  for (const Json& seed : answer["seeds"]) origins.push_back(seed["origin"]);
  EXPECT_EQ(std::count(origins.begin(), origins.end(), "small.reel"), 1) << list.out;
  EXPECT_EQ(origins.size(), 2u) << list.out;
}

TEST_F(Fuzzing, CountsTheCoverageOfTheAdapterAlone) {
  fill("shared_trap");
  const CommandRun run = fuzz(fuzzer_of("shared_trap"), "-runs=0");
  const std::size_t at = run.err.find("(");
  EXPECT_THAT(run.err, HasSubstr("Loaded 1 modules"));
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stoi(run.err.substr(at + 1)), 1000) << run.err;
}

TEST_F(Fuzzing, RunsLibrariesOfTheDistribution) {
  std::filesystem::create_directories(work_.file("corpus"));
  work_.write("corpus/sql", encode_seed(scene("1:create/**/table/**/t(a); 2:select*from/**/t; "
                                              "1:insert/**/into/**/t/**/values(1); 2-")));
  const CommandRun sql = fuzz(library_fuzzer("sqlite"), "-runs=2000");
  EXPECT_EQ(sql.exit, 0) << sql.err;
  const CommandRun xml = fuzz(library_fuzzer("expat"), "-runs=2000");
  EXPECT_EQ(xml.exit, 0) << xml.err;
  EXPECT_THAT(xml.err, HasSubstr("Done 2000 runs"));
}

}  // namespace
}  // namespace crashreel
