// Do the documents say what is? Every block marked `sh` of each page is typed as it stands there,
// one after the other in one shell, and what the page promises of the output is looked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/tools/doc/envelope_listener.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

// Their programs die of deep recursion, sooner of a small stack.
constexpr char kBefore[] = "exec 2>&1\nulimit -s 1024\n";

class Documents : public ::testing::Test {
 protected:
  // Everything that is printed, on both ways; the page's commands must all succeed.
  std::string typed(const std::string& page, std::vector<std::string> settings = {},
                    const std::string& port = "") {
    std::string commands = testing::commands_of_document("tools/doc/" + page);
    const std::string line = "port=7391";  // may be taken on this machine
    if (const std::size_t at = commands.find(line); at != std::string::npos && !port.empty()) {
      commands.replace(at, line.size(), "port=" + port);
    }
    settings.push_back("cases=" CRASHREEL_SOURCE_DIR "/tests/cases");
    settings.push_back("PATH=" CRASHREEL_BUILD_DIR "/bin:" + std::string(std::getenv("PATH")));
    const CommandRun run =
        testing::run_command({"bash", "-euo", "pipefail", "-c", kBefore + commands},
                             {.directory = work_.path(), .settings = settings});
    EXPECT_EQ(run.exit, 0) << page << "\n" << run.out;
    return run.out;
  }

  TemporaryDirectory work_;
};

TEST_F(Documents, TheTutorialEndsWithTheFourInputs) {
  const std::string port =
      testing::run_line(CRASHREEL_BUILD_DIR "/quickstart/traffic free-port").out;
  const std::string out = typed("TUTORIAL.md", {}, port.substr(0, port.find('\n')));
  EXPECT_THAT(out, HasSubstr("status 139"));
  EXPECT_THAT(out, HasSubstr("back to the program's start"));
  EXPECT_THAT(out, HasSubstr("reproduced 5 of 5"));
  EXPECT_THAT(out, HasSubstr("recorded answers came back the same"));
  EXPECT_THAT(out, HasSubstr("-> 4 inputs"));
  EXPECT_THAT(out, HasSubstr("-> 2 sessions"));
  EXPECT_THAT(out, HasSubstr("poison and trigger: one and the same"));
  EXPECT_THAT(out, HasSubstr("status 1: not fixed yet"));
}

TEST_F(Documents, TheDecisionPathShowsEachStatus) {
  const std::string out = typed("NOT_REPRODUCED.md");
  for (const char* promised :
       {"status 5", "status 3", "status 1", "reproduced 9 of 9", "a masked field may be why",
        "the ring was too short", "record with more --inputs", "stdin inbound      1 session"}) {
    EXPECT_THAT(out, HasSubstr(promised));
  }
}

TEST_F(Documents, TheComparisonShowsWhatItClaims) {
  const std::string out = typed("COMPARISON.md");
  for (const char* promised :
       {"in ?? () from", "reproduced 3 of 3", "same crash", "no crash    0 of 1",
        "reproduced 10 of 10", "back to the program's start", "-> 4 inputs",
        "without any one of these", "1 libfuzzers\n8 ours\n", "\n333\n"}) {
    EXPECT_THAT(out, HasSubstr(promised));
  }
}

TEST_F(Documents, TheHandOverReachesWhoListens) {
  EnvelopeListener listener;
  const std::string out =
      typed("HANDOVER.md", {"SENTRY_URL=" + listener.url(), "SENTRY_KEY=public"});
  EXPECT_THAT(out, ::testing::ContainsRegex("coredumpctl dump COREDUMP_PID=[0-9]+ -o core"));
  EXPECT_THAT(out, HasSubstr("corpus verify\nFIXED\n"));
  EXPECT_THAT(out, HasSubstr("from-the-report.reel"));
  const Envelope envelope = listener.received();
  EXPECT_THAT(envelope.head, HasSubstr("sentry_key=public"));
  ASSERT_EQ(envelope.items.size(), 3u);
  EXPECT_THAT(envelope.items[0], HasSubstr("\"function\":\"Jim_SetVariable\""));
  EXPECT_EQ(envelope.items[1], work_.read("small.reel"));
  EXPECT_EQ(envelope.items[2], work_.read("report.html"));
}

// The lines of the recipe for CI are among those that are typed.
TEST_F(Documents, TheRecipeForContinuousIntegrationIsTheOneThatIsTried) {
  const std::string commands = testing::commands_of_document("tools/doc/HANDOVER.md");
  std::size_t steps = 0;
  for (const std::string& line : testing::lines_of_blocks("tools/doc/HANDOVER.md", "yaml")) {
    const std::size_t dash = line.find("- ");
    if (dash == std::string::npos) continue;
    ++steps;
    EXPECT_THAT(commands, HasSubstr(line.substr(dash + 2)));
  }
  EXPECT_EQ(steps, 1u);
}

}  // namespace
}  // namespace crashreel
