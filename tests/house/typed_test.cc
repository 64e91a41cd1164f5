// Is every command that a document shows typed by a test, as it stands there?
//
// Each block of each page says what is in it. Those marked `sh` are typed one after the other in
// one shell (tests/tools/document.h), those marked `sh SCENE` where a test has laid out what they
// need: some .cc calls commands_in_scene("PAGE", "SCENE"), or a script of tests/long typed_block
// PAGE SCENE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <regex>

#include "tests/house/source_tree.h"

namespace crashreel::house {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct Block {
  std::string place;  // "page.md:line"
  std::string info;   // what follows its three backquotes
  std::vector<std::string> lines;
};

std::vector<Block> blocks_of(const SourceFile& page) {
  std::vector<Block> blocks;
  bool inside = false;
  std::size_t number = 0;
  for (const std::string& line : lines_of(page.text)) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({page.path + ":" + std::to_string(number), line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

std::vector<SourceFile> pages() {
  return source_files(kRoot, [](const std::string& path) { return path.ends_with(".md"); });
}

bool is_scene(const Block& block) {
  return block.info.starts_with("sh ");
}

// Of languages in which nobody types anything.
bool is_known(const std::string& info) {
  static constexpr std::array kLanguages = {"text", "c", "cmake", "hex", "ini", "json", "yaml"};
  return std::find(kLanguages.begin(), kLanguages.end(), info) != kLanguages.end();
}

// The first line that looks as if it were to be typed; empty: none.
std::string command_in(const Block& block) {
  static const std::regex command(
      R"(^[ $(]*((sudo|crashreel|cmake|ctest|cpack|make|git|gdb|rr|valgrind|tcpdump|curl|apt|apt-get)"
      R"(|systemctl|docker|podman|export|gcc|clang|cc|c\+\+|g\+\+|cp|cat|cd) [^=]|(\.|tools|tests)/[a-z]))");
  for (const std::string& line : block.lines) {
    if (std::regex_search(line, command)) return line;
  }
  return "";
}

std::vector<std::string> mistakes_of(const SourceFile& page) {
  std::vector<std::string> mistakes;
  for (const Block& block : blocks_of(page)) {
    if (block.info == "sh" || is_scene(block)) continue;
    if (!is_known(block.info)) {
      mistakes.push_back(block.place + ": say what is in this block: sh, text, ...");
    } else if (const std::string line = command_in(block); !line.empty()) {
      mistakes.push_back(block.place + ": mark as sh, and have a test type it: " + line);
    }
  }
  return mistakes;
}

// What the tests say, without their white space: calls are broken over lines.
std::string text_of_tests() {
  std::string text;
  const auto tests = source_files(kRoot, [](const std::string& path) {
    return path.starts_with("tests/") && !path.starts_with("tests/house/") &&
           (path.ends_with(".cc") || path.ends_with(".sh"));
  });
  for (const SourceFile& file : tests) {
    for (const char letter : file.text) {
      if (letter != ' ' && letter != '\n') text += letter;
    }
  }
  return text;
}

bool is_typed(const Block& block, const std::string& tests) {
  const std::string page = block.place.substr(0, block.place.find(':'));
  if (!is_scene(block)) {
    const std::string short_name = page.substr(page.rfind('/') + 1);
    return tests.find("commands_of_document(\"" + page + "\")") != std::string::npos ||
           tests.find("typed(\"" + short_name + "\"") != std::string::npos;
  }
  const std::string scene = block.info.substr(3);
  return tests.find("(\"" + page + "\",\"" + scene + "\")") != std::string::npos ||
         tests.find("typed_block" + page + scene) != std::string::npos;
}

TEST(Typed, EveryBlockOfADocumentSaysWhatIsInItAndNoCommandHides) {
  std::size_t blocks = 0;
  for (const SourceFile& page : pages()) {
    EXPECT_THAT(mistakes_of(page), IsEmpty());
    blocks += blocks_of(page).size();
  }
  EXPECT_GT(blocks, 60u);
}

TEST(Typed, EveryCommandOfADocumentIsTypedByATest) {
  const std::string tests = text_of_tests();
  for (const SourceFile& page : pages()) {
    for (const Block& block : blocks_of(page)) {
      if (block.info != "sh" && !is_scene(block)) continue;
      EXPECT_TRUE(is_typed(block, tests)) << block.place << ": no test types this block";
    }
  }
}

TEST(Typed, ABlockIsHeldToWhatItSays) {
  EXPECT_THAT(mistakes_of({"a.md", "```\nnothing\n```\n"}), SizeIs(1));
  EXPECT_THAT(mistakes_of({"a.md", "```text\nfirst\n  (cd build && cpack)\n```\n"}), SizeIs(1));
  EXPECT_THAT(mistakes_of({"a.md", "```text\ntests/some/program > out\n```\n"}), SizeIs(1));
  EXPECT_THAT(mistakes_of({"a.md", "```text\ncopy = what\n```\n```c\nint cc;\n```\n"}), IsEmpty());
  EXPECT_TRUE(is_typed({"a.md:1", "sh", {}}, "commands_of_document(\"a.md\")"));
  EXPECT_FALSE(is_typed({"a.md:1", "sh there", {}}, "commands_of_document(\"a.md\")"));
  EXPECT_TRUE(is_typed({"a.md:1", "sh there", {}}, "commands_in_scene(\"a.md\",\"there\")"));
}

}  // namespace
}  // namespace crashreel::house
