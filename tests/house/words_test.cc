// What the texts of the project may and may not say, wherever they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>

#include "tests/house/source_tree.h"

namespace crashreel::house {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// What is looked for, and words of which each match has one in some case: most files have none of
// them, and looking for these takes a hundredth of the time.
struct Pattern {
  std::regex regex;
  std::vector<std::string> words;
};

bool has_one_of(std::string text, const std::vector<std::string>& words) {
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

// "path:line: what was found" for every match in the file.
std::vector<std::string> found(const SourceFile& file, const Pattern& pattern) {
  std::vector<std::string> places;
  if (!has_one_of(file.text, pattern.words)) return places;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::smatch match;
    // The bound keeps the regular expression's recursion off binary files' endless lines.
    const std::string line = lines[i].substr(0, 2000);
    if (std::regex_search(line, match, pattern.regex)) {
      places.push_back(file.path + ":" + std::to_string(i + 1) + ": " + match.str());
    }
  }
  return places;
}

// Programs that crashreel was tried on: none gets special treatment from the product.
Pattern program_names() {
  return {
      std::regex(R"(\b(redis|nginx|memcached|jimsh|sqlite3?|ngircd)(?![a-z]))", std::regex::icase),
      {"redis", "nginx", "memcached", "jimsh", "sqlite", "ngircd"}};
}

// Names of places that only those who wrote this ever saw, put together here so that this file
// does not contain them.
Pattern workshop_names() {
  return {std::regex("/wo"
                     "rk/|\\bsha"
                     "red/(notes|cases|hooks|design|style)|/\\.libr"
                     "ary/"
                     "|deb\\.deb"
                     "ian\\.org|registry\\.np"
                     "mjs"),
          {"/wo"
           "rk/",
           "sha"
           "red/",
           "/.libr"
           "ary/",
           "deb.deb"
           "ian",
           "registry.np"
           "mjs"}};
}

TEST(Words, NoProgramIsNamedInTheProduct) {
  const auto sources = source_files(kRoot, [](const std::string& path) {
    return in_product(path) && path != "tools/quickstart" && path != "tools/install-packages" &&
           path != "tools/check" && path != "tools/bench" && !path.ends_with(".md");
  });
  for (const SourceFile& file : sources) EXPECT_THAT(found(file, program_names()), IsEmpty());
}

TEST(Words, AProgramsNameIsFoundWhateverItsCase) {
  EXPECT_THAT(
      found({"a.cc", "fine\n// Redis needs this\nif (name == \"nginx\") {\n"}, program_names()),
      SizeIs(2));
  EXPECT_THAT(found({"a.cc", "// bytes are redistributed\n"}, program_names()), IsEmpty());
}

TEST(Words, NothingNamesTheWorkshopThatItWasMadeIn) {
  for (const SourceFile& file : source_files(kRoot, [](const std::string&) { return true; })) {
    EXPECT_THAT(found(file, workshop_names()), IsEmpty());
  }
}

TEST(Words, EveryHeaderBeginsByTellingItsPurpose) {
  const auto headers = source_files(kRoot, is_header);
  ASSERT_FALSE(headers.empty());
  for (const SourceFile& header : headers) {
    EXPECT_TRUE(header.text.starts_with("// ") || header.text.starts_with("/*"))
        << header.path << ": begin with the question that this header answers";
  }
}

}  // namespace
}  // namespace crashreel::house
