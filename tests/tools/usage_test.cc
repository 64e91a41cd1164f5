// The command line itself: verbs, help, and what it says to those who mistype.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "capture/reel/reel_writer.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::one_object;
using testing::run_command;

CommandRun crashreel(std::vector<std::string> words) {
  words.insert(words.begin(), testing::crashreel_binary());
  return run_command(words);
}

// As the command itself tells them.
std::vector<std::string> verbs() {
  std::vector<std::string> names;
  const Json overview = one_object(crashreel({"--help", "--json"}).out);
  for (const Json& verb : overview["verbs"]) names.push_back(verb["name"]);
  return names;
}

std::vector<std::string> words_of(const std::string& verb) {
  std::size_t space = verb.find(' ');
  if (space == std::string::npos) return {verb};
  return {verb.substr(0, space), verb.substr(space + 1)};
}

TEST(CommandLine, ListsItsVerbsWhenAskedForHelp) {
  CommandRun run = crashreel({"--help"});
  EXPECT_EQ(run.exit, 0);
  EXPECT_THAT(run.err, IsEmpty());
  for (const std::string& verb : verbs()) EXPECT_THAT(run.out, HasSubstr("\n  " + verb + " "));
}

TEST(CommandLine, HelpsWithEveryVerb) {
  for (const std::string& verb : verbs()) {
    std::vector<std::string> words = words_of(verb);
    words.push_back("--help");
    CommandRun run = crashreel(words);
    EXPECT_EQ(run.exit, 0) << verb;
    EXPECT_THAT(run.out, HasSubstr("Usage: crashreel " + verb));
    for (const char* part : {"\nOptions:\n", "\nExamples:\n", "\nExit status:\n", "--json"}) {
      EXPECT_THAT(run.out, HasSubstr(part)) << verb;
    }
  }
}

TEST(CommandLine, GivesTheHelpOfEveryVerbAsOneObject) {
  for (const std::string& verb : verbs()) {
    std::vector<std::string> words = words_of(verb);
    words.insert(words.end(), {"--json", "--help"});
    Json help = one_object(crashreel(words).out);
    EXPECT_EQ(help["name"], verb);
    EXPECT_FALSE(help["examples"].empty()) << verb;
  }
}

TEST(CommandLine, TellsItsVersion) {
  EXPECT_THAT(crashreel({"--version"}).out, ::testing::MatchesRegex("crashreel [0-9.]+\n"));
  EXPECT_TRUE(one_object(crashreel({"--version", "--json"}).out).contains("version"));
}

TEST(CommandLine, WithoutAVerbExplainsItselfOnStderr) {
  CommandRun run = crashreel({});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.out, IsEmpty());
  EXPECT_THAT(run.err, HasSubstr("crashreel --help"));
}

TEST(CommandLine, NamesAnUnknownVerbAndTheNearestOne) {
  CommandRun run = crashreel({"salvaeg", "x"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("unknown verb 'salvaeg'; did you mean 'salvage'?"));
  EXPECT_THAT(run.err, HasSubstr("crashreel --help"));
}

TEST(CommandLine, NamesAnUnknownOptionAndTheNearestOne) {
  CommandRun run = crashreel({"show", "--inptus", "x.reel"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("unknown option '--inptus'; did you mean '--inputs'?"));
  EXPECT_THAT(run.err, HasSubstr("crashreel show --help"));
}

TEST(CommandLine, TakesNamesOfVariablesAlone) {
  for (const char* wrong : {"TOKEN=secret", "A,B"}) {
    CommandRun run = crashreel({"record", "--env", wrong, "--", "true"});
    EXPECT_EQ(run.exit, 125);
    EXPECT_THAT(run.err, HasSubstr("'" + std::string(wrong) + "' is no name of a variable"));
  }
}

TEST(CommandLine, SaysWhichValueIsMissing) {
  CommandRun run = crashreel({"salvage", "x.ring", "-o"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("--output"));
}

TEST(CommandLine, TakesOptionsBeforeTheVerbForTheVerbs) {
  EXPECT_EQ(one_object(crashreel({"--json", "show", "--help"}).out)["name"], "show");
}

TEST(CommandLine, EveryVerbAnswersAWrongLineWithTwoAndOneObject) {
  for (const std::string& verb : verbs()) {
    std::vector<std::string> words = words_of(verb);
    words.insert(words.end(), {"--json", "--no-such-option"});
    CommandRun run = crashreel(words);
    // A verb that passes a program's status through keeps its own above 124.
    EXPECT_EQ(run.exit, verb == "record" ? 125 : 2) << verb;
    Json answer = one_object(run.out);
    EXPECT_EQ(answer["error"]["exit"], run.exit) << verb;
    EXPECT_THAT(std::string(answer["error"]["message"]), HasSubstr("--no-such-option"));
    EXPECT_THAT(run.err, HasSubstr("--no-such-option"));
  }
}

TEST(CommandLine, SaysWhenTheResultCouldNotBeWritten) {
  std::vector<std::string> words{testing::crashreel_binary(), "--help"};
  CommandRun run = run_command(words, {.standard_output = "/dev/full"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("No space left on device"));
}

// A terminal with nobody before it.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(grantpt(master_), 0);
    EXPECT_EQ(unlockpt(master_), 0);
    // Held open: without a user of it, a terminal forgets what was written.
    user_ = open(ptsname(master_), O_RDWR | O_NOCTTY);
  }
  ~Terminal() {
    close(user_);
    close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  std::string path() const { return ptsname(master_); }
  std::string shown() const {
    std::string text(65536, '\0');
    ssize_t size = read(master_, text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

 private:
  int master_;
  int user_;
};

// What `crashreel show` paints on a terminal under these settings.
std::string painted(const std::vector<std::string>& settings) {
  testing::TemporaryDirectory directory;
  std::string reel = directory.write("a.reel", serialize_reel(testing::crashed_server()));
  Terminal terminal;
  run_command({testing::crashreel_binary(), "show", reel},
              {.settings = settings, .standard_output = terminal.path()});
  return terminal.shown();
}

TEST(CommandLine, PaintsOnATerminalThatWantsIt) {
  EXPECT_THAT(painted({"TERM=xterm", "NO_COLOR="}), HasSubstr("\033[1;31m"));
  EXPECT_THAT(painted({"TERM=xterm", "NO_COLOR=1"}), Not(HasSubstr("\033")));
  EXPECT_THAT(painted({"TERM=dumb", "NO_COLOR="}), Not(HasSubstr("\033")));
}

TEST(CommandLine, PaintsNothingWhereThereIsNoTerminal) {
  EXPECT_THAT(crashreel({"show", "/no/such.reel"}).err, Not(HasSubstr("\033")));
  EXPECT_THAT(crashreel({"--help"}).out, Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace crashreel
