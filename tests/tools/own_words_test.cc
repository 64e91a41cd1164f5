// What a program, or what is built into it, says of its end by itself: a handler, a sanitizer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::one_object;

class OwnWords : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(OwnWords, OfAHandlerAreKept) {
  directory_.write("in.jsonl",
                   "{\"session\":0,\"data\":\"aGkK\"}\n"
                   "{\"session\":0,\"data\":\"QlJFQUsK\"}\n");
  type("crashreel import in.jsonl -q -o c.reel -- " CRASHREEL_BUILD_DIR "/zoo/hushed 7001");
  const CommandRun run = type("crashreel replay c.reel --tries 2");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("  the program's own handler said:\n    nothing to see here\n"));
  EXPECT_EQ(one_object(type("crashreel replay c.reel --json").out)["program_report"],
            "nothing to see here\n");
  EXPECT_EQ(type("crashreel minimize c.reel -q -o small.reel").exit, 0);
  EXPECT_THAT(type("crashreel show small.reel").out, HasSubstr("nothing to see here"));
}

TEST_F(OwnWords, OfALeakAreACrashWhereThatIsAskedFor) {
  directory_.write("in.jsonl", "{\"session\":0,\"data\":\"TEtMTA==\"}\n");
  type("crashreel import in.jsonl -q -o c.reel -- " CRASHREEL_BUILD_DIR "/zoo/leaky 7001");
  EXPECT_EQ(type("crashreel replay c.reel").exit, 1);
  const CommandRun run = type("crashreel replay c.reel --leaks --tries 2");
  EXPECT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("memory leaked in keep_anew"));
  EXPECT_EQ(type("crashreel minimize c.reel --leaks -q -o small.reel").exit, 0);
  EXPECT_EQ(type("crashreel replay small.reel").exit, 0);  // it is that reel's own crash now
}

}  // namespace
}  // namespace crashreel
