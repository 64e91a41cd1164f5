// Who is not root replays, too: in a sandbox as far as the kernel gives him one, and without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::run_line;
using ::testing::StartsWith;

class OtherUser : public ::testing::Test {
 protected:
  OtherUser() {
    ::mkdir(directory_.file("tmp").c_str(), 0700);
    ::chmod(directory_.path().c_str(), 0777);
    ::chmod(directory_.file("tmp").c_str(), 0777);
    const CommandRun made = type(
        "{ echo '{\"session\":0,\"data\":\"UFVUIGEgYgo=\"}';"
        "  echo '{\"session\":1,\"data\":\"QlVSTiBhCg==\"}'; } |"
        "crashreel import - -q -o c.reel -- " CRASHREEL_BUILD_DIR
        "/zoo/clerk 7001; chmod 644 c.reel");
    EXPECT_EQ(made.exit, 0) << made.err;
  }

  CommandRun type(const std::string& line) const {
    return run_line(line, {.directory = directory_.path()});
  }

  // As somebody who owns nothing here, if we may be that.
  CommandRun as_nobody(const std::string& line) const {
    const std::string be =
        ::geteuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups " : "";
    return type("TMPDIR=$PWD/tmp " + be + line);
  }

  bool can_run_at_all() const {
    return as_nobody("test -x " + testing::crashreel_binary()).exit == 0;
  }

  void expect_nothing_left() const { EXPECT_EQ(type("ls -A tmp").out, ""); }

  static std::vector<std::string> lacks(const CommandRun& run) {
    const Json answer = testing::one_object(run.out);
    EXPECT_EQ(answer["reproduced"], 2);
    return answer.value("sandbox_lacks", std::vector<std::string>());
  }

  testing::TemporaryDirectory directory_;
};

constexpr char kReplay[] = "crashreel replay c.reel --tries 2 --json";

TEST_F(OtherUser, HasAllOfTheSandboxWhereUsersMayHaveNamespaces) {
  if (!can_run_at_all()) GTEST_SKIP() << "this tree is closed to other users";
  if (as_nobody("unshare -Ur true").exit != 0) {
    GTEST_SKIP() << "the kernel gives users no namespaces";
  }
  const CommandRun run = as_nobody(kReplay);
  EXPECT_EQ(run.exit, 0) << run.err;
  for (const std::string& part : lacks(run)) EXPECT_THAT(part, StartsWith("a limit to "));
  expect_nothing_left();
}

TEST_F(OtherUser, IsToldWhatThereIsNotWhereTheyMayNot) {
  if (!can_run_at_all()) GTEST_SKIP() << "this tree is closed to other users";
  const std::string none = "unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && ";
  if (as_nobody(none + "true'").exit != 0) {
    GTEST_SKIP() << "the kernel gives users no namespaces";
  }
  const CommandRun run = as_nobody(none + "exec " + kReplay + "'");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(lacks(run), Contains(StartsWith("user ids of its own (")));
  EXPECT_THAT(run.err, HasSubstr("the program had to go without user ids of its own ("));
  expect_nothing_left();
}

TEST_F(OtherUser, ReplaysAndMinimizesWithoutTheSandbox) {
  if (!can_run_at_all()) GTEST_SKIP() << "this tree is closed to other users";
  const CommandRun run = as_nobody(std::string(kReplay) + " --no-sandbox");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_TRUE(lacks(run).empty());  // he asked for none
  expect_nothing_left();
  const CommandRun small = as_nobody("crashreel minimize c.reel -o s.reel --no-sandbox --json");
  EXPECT_EQ(small.exit, 0) << small.err;
  EXPECT_EQ(testing::one_object(small.out)["one_minimal"], true);
  expect_nothing_left();
}

}  // namespace
}  // namespace crashreel
