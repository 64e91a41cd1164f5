// Do the completions complete, in the shells themselves? Each is started as somebody's interactive
// shell on a terminal of its own, with the installed tree in its places, and is typed to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "tests/tools/install/installed_tree.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::ElementsAre;
using testing::installed_tree;
using testing::TemporaryDirectory;

// TAB is what is pressed; each line is ended by Enter.
constexpr char kTyped[] =
    "crashreel repl\t --tri\t 3 ni\t\n"
    "crashreel corp\tver\t re\t\n"
    "crashreel import --fo\tpca\t ni\t --kind st\t -- ls ni\t\n"
    "crashreel min\t ni\t --js\t\n"
    "crashreel --comp\tfi\t\n"
    "exit\n";

// In the place of the command: tells what it was called with.
constexpr char kFunction[] = "crashreel() { printf 'CALLED'; printf ' %s' \"$@\"; echo; }\n";

class Completion : public ::testing::Test {
 protected:
  void SetUp() override {
    work_.write("night.reel", "");
    std::filesystem::create_directory(work_.file("reels"));
  }

  // What the command was called with by each line, as one shell writes it: --kind=stdin is
  // --kind stdin.
  std::vector<std::string> calls(const std::string& shell) {
    const CommandRun run = testing::run_line(
        "export HOME=$PWD ZDOTDIR=$PWD XDG_CONFIG_HOME=$PWD TERM=dumb XDG_DATA_DIRS='" +
            installed_tree() + "/share:/usr/share'; exec script -qec '" + shell + "' /dev/null",
        {.directory = work_.path(), .standard_input = kTyped});
    EXPECT_EQ(run.exit, 0) << run.out << run.err;
    std::vector<std::string> lines;
    const std::regex call(R"(CALLED ([^\r\n]*[^\r\n ]))");
    for (std::sregex_iterator at(run.out.begin(), run.out.end(), call), end; at != end; ++at) {
      lines.push_back(std::regex_replace(at->str(1), std::regex("="), " "));
    }
    return lines;
  }

  TemporaryDirectory work_;
};

constexpr char kReplay[] = "replay --tries 3 night.reel";
constexpr char kImport[] = "import --format pcap night.reel --kind stdin -- ls night.reel";

TEST_F(Completion, CompletesInBash) {
  work_.write(".bashrc",
              "source /usr/share/bash-completion/bash_completion\n" + std::string(kFunction));
  EXPECT_THAT(calls("bash -i"), ElementsAre(kReplay, "corpus verify reels/", kImport,
                                            "minimize night.reel --json", "--completion fish"));
}

TEST_F(Completion, CompletesInZsh) {
  work_.write(".zshrc", "fpath=('" + installed_tree() +
                            "/share/zsh/site-functions' $fpath)\nautoload -Uz compinit\n"
                            "compinit -u -D\n" +
                            kFunction);
  EXPECT_THAT(calls("zsh -d -i"), ElementsAre(kReplay, "corpus verify reels", kImport,
                                              "minimize night.reel --json", "--completion fish"));
}

TEST_F(Completion, CompletesInFish) {
  std::filesystem::create_directory(work_.file("fish"));
  work_.write("fish/config.fish",
              "function crashreel; printf CALLED; printf ' %s' $argv; echo; end\n");
  EXPECT_THAT(calls("fish -i"), ElementsAre(kReplay, "corpus verify reels/", kImport,
                                            "minimize night.reel --json", "--completion fish"));
}

}  // namespace
}  // namespace crashreel
