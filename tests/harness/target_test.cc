// What can be started with the player in it, and what is said of the rest?
#include "harness/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string zoo(const std::string& name) {
  return std::string(CRASHREEL_BUILD_DIR "/zoo/") + name;
}

Reel reel_of(const std::string& executable) {
  Reel reel;
  reel.program.executable = executable;
  reel.program.argv = {executable, "{PORT}"};
  return reel;
}

TEST(Target, IsTheReelsOwnProgram) {
  Reel reel = reel_of(zoo("canary"));
  reel.program.env = {"LANG=C"};
  reel.files = {{"/etc/canary.conf", 0600, "x"}};
  const auto target = target_of(reel);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->executable, zoo("canary"));
  EXPECT_THAT(target->argv, ElementsAre(zoo("canary"), "{PORT}"));
  EXPECT_THAT(target->env, ElementsAre("LANG=C"));
  EXPECT_EQ(target->files, reel.files);
  EXPECT_EQ(target->build_id.size(), 40u);
  EXPECT_TRUE(std::filesystem::exists(target->player_path));
}

TEST(Target, IsAnotherProgramWhereOneIsNamed) {
  const auto target = target_of(reel_of("/gone"), {{"redis-server", "--port", "7001"}});
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->executable, "/usr/bin/redis-server");  // found as a shell would
  EXPECT_THAT(target->argv, ElementsAre("redis-server", "--port", "7001"));
}

TEST(Target, HasAPlainEnvironmentWhereTheReelBringsNone) {
  const auto target = target_of(reel_of(zoo("canary")));
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_THAT(target->env, Contains(StartsWith("PATH=")));
}

class Refused : public testing::Test {
 protected:
  // The message for this program, whether the reel names it or the command line.
  std::string message(const std::string& program) {
    const auto of_reel = target_of(reel_of(program));
    EXPECT_FALSE(of_reel);
    EXPECT_EQ(of_reel.error().trouble, Trouble::kTarget);
    return of_reel.error().message;
  }

  std::string file(const std::string& name, const std::string& bytes, ::mode_t mode) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), mode);
    return path;
  }

  Folder folder_;
};

TEST_F(Refused, WhenItIsMissing) {
  EXPECT_THAT(message("/no/such/program"), HasSubstr("there is no such program"));
  const auto named = target_of(Reel{}, {{"no-such-program"}});
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().message, StartsWith("no-such-program: there is no such program"));
}

TEST_F(Refused, WhenNobodyNamesOne) {
  EXPECT_THAT(message(""), HasSubstr("the reel names no program; name one after --"));
}

TEST_F(Refused, WhenItIsNotExecutable) {
  EXPECT_THAT(message(file("text", "hello", 0644)), HasSubstr("is not executable"));
}

TEST_F(Refused, WhenItIsADirectory) {
  EXPECT_THAT(message(folder_.path()), HasSubstr("is not executable"));
}

TEST_F(Refused, WhenItIsAScript) {
  EXPECT_THAT(message(file("script", "#!/bin/sh\n", 0755)),
              HasSubstr("name the program itself, not a script"));
}

TEST_F(Refused, WhenItIsEmpty) {
  EXPECT_THAT(message(file("empty", "", 0755)), HasSubstr("is no ELF executable"));
}

// The choice is the process's: it is taken back.
class RefusedForThePlayer : public Refused {
 protected:
  RefusedForThePlayer() { choose_feeding(Feeding::kPlayer); }
  ~RefusedForThePlayer() override { choose_feeding(Feeding::kAsPossible); }
};

TEST_F(RefusedForThePlayer, WhenItIsStatic) {
  EXPECT_THAT(message(zoo("fixed")), HasSubstr("is statically linked"));
  EXPECT_THAT(message(zoo("fixed")), HasSubstr("--target external"));
}

TEST_F(Refused, WhenItIsStaticAndCalledAsFunctions) {
  Reel reel = reel_of(zoo("fixed"));
  reel.program.kind = TargetKind::kFunction;
  const auto target = target_of(reel);
  ASSERT_FALSE(target);
  EXPECT_THAT(target.error().message, HasSubstr("is statically linked"));
}

TEST(Target, IsFedFromOutsideWhereNoPlayerCanBeLoaded) {
  const auto target = target_of(reel_of(zoo("fixed")));
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_TRUE(target->from_outside);
  EXPECT_THAT(target->no_player, HasSubstr("is statically linked"));
}

TEST(Target, IsFedFromOutsideWhereThatIsAskedFor) {
  choose_feeding(Feeding::kOutside);
  const auto target = target_of(reel_of(zoo("canary")));
  choose_feeding(Feeding::kAsPossible);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_TRUE(target->from_outside);
}

TEST_F(RefusedForThePlayer, WhenItIsSetUserIdOfAnother) {
  const std::string program = folder_ / "program";
  std::filesystem::copy_file(zoo("canary"), program);
  if (::chown(program.c_str(), 12345, 12345) != 0) {
    GTEST_SKIP() << "only root can give a file to another user";
  }
  ::chmod(program.c_str(), 04755);
  EXPECT_THAT(message(program), HasSubstr("is set-user-ID"));
}

TEST(FindProgram, SearchesThePathForPlainNamesAlone) {
  EXPECT_EQ(find_program("redis-server"), "/usr/bin/redis-server");
  EXPECT_EQ(find_program("./redis-server"), "");
  EXPECT_EQ(find_program("/usr/bin"), "");
  EXPECT_EQ(find_program(""), "");
}

}  // namespace
}  // namespace crashreel
