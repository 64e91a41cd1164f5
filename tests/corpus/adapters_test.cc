// Programs that offer themselves as functions, from a fuzzer's find to a reproducer: the zoo's, and
// two of the distribution's libraries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture/base/check.h"
#include "capture/reel/reel_reader.h"
#include "corpus/seed_codec.h"
#include "tests/capture/reel/scene.h"
#include "tests/corpus/adapter_zoo.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::run_command;
using testing::run_line;
using testing::TemporaryDirectory;

std::string replayer_of(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR) + adapter_zoo::kFolder + name + "-replay";
}

std::string library_replayer(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR) + adapter_zoo::kLibraries + name + "-replay";
}

class AdapterZoo : public ::testing::TestWithParam<const char*> {
 protected:
  std::string replayer() const { return replayer_of(name_); }

  CommandRun run_seeds(const std::vector<Reel>& reels) {
    std::vector<std::string> argv = {replayer()};
    for (const Reel& reel : reels)
      argv.push_back(work_.write("seed" + std::to_string(argv.size()), encode_seed(reel)));
    return run_command(argv);
  }

  CommandRun command(const std::string& line) {
    return run_line(line, {.directory = work_.path()});
  }

  std::string name_ = GetParam();
  TemporaryDirectory work_;
};

TEST_P(AdapterZoo, NeedsEveryInputOfItsMinimum) {
  const std::vector<Reel> scenes = adapter_zoo::scenes_of(name_);
  std::vector<Reel> harmless(scenes.begin() + 1, scenes.end());
  for (std::size_t left_out = 0; left_out < scenes[0].inputs.size(); ++left_out) {
    harmless.push_back(scenes[0]);
    harmless.back().inputs.erase(harmless.back().inputs.begin() +
                                 static_cast<std::ptrdiff_t>(left_out));
  }
  const CommandRun run = run_seeds(harmless);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_NE(run_seeds({scenes[0]}).exit, 0);
}

TEST_P(AdapterZoo, CrashesInAReplayOfItsImportedSeed) {
  work_.write("crash-1", encode_seed(adapter_zoo::scenes_of(name_)[0]));
  ASSERT_EQ(
      command("crashreel import crash-1 --format seed --kind function -o a.reel -- " + replayer())
          .exit,
      0);
  const CommandRun replayed = command("crashreel replay a.reel");
  EXPECT_EQ(replayed.exit, 0) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("reproduced 1 of 1"));
}

INSTANTIATE_TEST_SUITE_P(All, AdapterZoo, ::testing::ValuesIn(adapter_zoo::kNames));

class FunctionTarget : public ::testing::Test {
 protected:
  CommandRun command(const std::string& line) {
    return run_line(line, {.directory = work_.path()});
  }
  void import(const std::string& seed, const std::string& program) {
    work_.write("seed", seed);
    const CommandRun run =
        command("crashreel import seed --format seed --kind function -o a.reel -- " + program);
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  TemporaryDirectory work_;
};

TEST_F(FunctionTarget, IsMinimizedToTheInputsThatMatter) {
  import(encode_seed(scene("1:ARM/bear 3:FIRE 2:BIND/bear @900 1:SPRING/bear 3- 2:FIRE")),
         replayer_of("shared_trap"));
  const CommandRun run = command("crashreel minimize a.reel -o min.reel");
  ASSERT_EQ(run.exit, 0) << run.err;
  const Result<ReadReel> read = read_reel(work_.file("min.reel"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reel.program.kind, TargetKind::kFunction);
  EXPECT_EQ(totals_of(read->reel.inputs).counted_inputs, 4u);
}

TEST_F(FunctionTarget, SaysHowFarItCameWithoutACrash) {
  import(encode_seed(adapter_zoo::scenes_of("shared_trap")[1]), replayer_of("shared_trap"));
  const CommandRun run = command("crashreel replay a.reel");
  EXPECT_EQ(run.exit, 1) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("no crash in 1 of 1"));
}

TEST_F(FunctionTarget, SaysWhenTheProgramIsNoSuchOne) {
  import("bytes", "/bin/true");
  const CommandRun run = command("crashreel replay a.reel");
  EXPECT_EQ(run.exit, 5) << run.out;
  EXPECT_THAT(run.err, HasSubstr("crashreel_add_fuzz_target()"));
}

TEST_F(FunctionTarget, TellsByHandWhatItIsFor) {
  const CommandRun nothing = run_command({replayer_of("shared_trap")});
  EXPECT_EQ(nothing.exit, 2);
  EXPECT_THAT(nothing.err, HasSubstr("usage:"));
  const CommandRun missing = run_command({replayer_of("shared_trap"), "/nowhere/seed"});
  EXPECT_EQ(missing.exit, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/seed: can't be read"));
}

TEST_F(FunctionTarget, CanBeALibraryOfTheDistribution) {
  import(encode_seed(scene("1:create/**/table/**/t(a); 2:insert/**/into/**/t/**/values(1); 2-")),
         library_replayer("sqlite"));
  EXPECT_EQ(command("crashreel replay a.reel").exit, 1);
  import(encode_seed(scene("1:<a><b 2:<c/> 1:/></a> 1- 2-")), library_replayer("expat"));
  EXPECT_EQ(command("crashreel replay a.reel").exit, 1);
}

}  // namespace
}  // namespace crashreel
