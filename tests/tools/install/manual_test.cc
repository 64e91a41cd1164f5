// Is there a page of every verb, with all of its options, that man(1) has nothing to say against?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tools/install/installed_tree.h"
#include "tools/json.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryDirectory;

TEST(Manual, HasAPageOfEveryVerbWithAllOfItsOptions) {
  const TemporaryDirectory work;
  const Json help = Json::parse(testing::type_installed(work, "crashreel --help --json").out);
  const CommandRun man = testing::run_line("MANWIDTH=200 LC_ALL=C.UTF-8 man -l --warnings '" +
                                               testing::installed_tree() + "'/share/man/man1/*",
                                           {.directory = work.path()});
  EXPECT_EQ(man.exit, 0);
  EXPECT_THAT(man.err, IsEmpty());
  for (const Json& verb : help["verbs"]) {
    std::string name = "crashreel-" + std::string(verb["name"]);
    std::replace(name.begin(), name.end(), ' ', '-');
    const std::size_t begin = man.out.find("       " + name + " - ");
    ASSERT_NE(begin, std::string::npos) << name << " has no page";
    const std::string page = man.out.substr(begin, man.out.find("SEE ALSO", begin) - begin);
    for (const Json& option : verb["options"]) {
      EXPECT_THAT(page, HasSubstr("--" + std::string(option["name"]))) << name;
    }
    for (const Json& example : verb["examples"]) {
      EXPECT_THAT(page, HasSubstr(std::string(example["command"]))) << name;
    }
  }
}

TEST(Manual, IsReadByMan) {
  const TemporaryDirectory work;
  const CommandRun man =
      testing::run_line("LC_ALL=C.UTF-8 man -l --warnings '" + testing::installed_tree() +
                        "/share/man/man1/crashreel.1'");
  EXPECT_EQ(man.exit, 0);
  EXPECT_THAT(man.err, IsEmpty());
  EXPECT_THAT(man.out, HasSubstr("crashreel-corpus-verify(1)"));
}

TEST(Manual, SaysWhereItCantBeWritten) {
  const TemporaryDirectory work;
  const CommandRun run = testing::type_installed(work, "crashreel --manual nowhere");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("nowhere/crashreel.1: can't be written"));
}

}  // namespace
}  // namespace crashreel
