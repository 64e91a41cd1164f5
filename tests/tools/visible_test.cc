#include "tools/visible.h"

#include <gtest/gtest.h>

#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using std::string_literals::operator""s;

TEST(Visible, EscapesWhatATerminalWouldActOn) {
  EXPECT_EQ(visible("GET /\r\n"), "GET /\\r\\n");
  EXPECT_EQ(visible("\033[2J\a\0\x7f\\"s), "\\x1b[2J\\x07\\0\\x7f\\\\");
  EXPECT_EQ(visible("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(Visible, PreviewsEndInDotsOnlyWhenSomethingIsLeftOut) {
  EXPECT_EQ(preview("abcdef", 6), "abcdef");
  EXPECT_EQ(preview("abcdefg", 6), "abc...");
  EXPECT_EQ(preview("abc\n\n", 6), "abc...");
  EXPECT_EQ(preview("", 6), "");
}

TEST(Visible, PreviewsAreNeverWiderThanAsked) {
  for (std::size_t columns = 0; columns < 20; ++columns) {
    EXPECT_LE(preview("a\n\x01" + std::string(50, '\xff'), columns).size(), columns);
  }
}

TEST(Visible, MessagesKeepTheirLanguageAndLoseTheirControls) {
  EXPECT_EQ(without_controls("Datei \xc3\xa4.reel\033[0m"), "Datei \xc3\xa4.reel\\x1b[0m");
}

TEST(Visible, ShellTextIsReadBackByAShellAsItWas) {
  for (const std::string& word : {"plain"s, ""s, "two words"s, "it's"s, "$HOME `x` \"q\""s,
                                  "line\nline"s, "\\"s, "\x01"s, "\xff\xfe"s}) {
    testing::CommandRun run =
        testing::run_command({"/bin/bash", "-c", "printf %s " + shell_text(word)});
    EXPECT_EQ(run.out, word) << shell_text(word);
  }
}

}  // namespace
}  // namespace crashreel
