// What documents show but nobody types, because it belongs to somebody's own machine: are the verbs
// and options there that it names? And is every page tried by somebody?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tools/document.h"
#include "tests/tools/run_command.h"
#include "tools/json.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> pages() {
  std::vector<std::string> paths = {"README.md"};
  for (const char* folder : {"capture", "harness", "minimizer", "corpus", "tools"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(CRASHREEL_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".md") continue;
      paths.push_back(fs::relative(entry.path(), CRASHREEL_SOURCE_DIR).string());
    }
  }
  return paths;
}

// The names of each verb's options.
std::map<std::string, std::set<std::string>> options_of_verbs() {
  std::map<std::string, std::set<std::string>> verbs;
  const Json help = Json::parse(testing::run_line("crashreel --help --json").out);
  for (const Json& verb : help["verbs"]) {
    for (const Json& option : verb["options"]) verbs[verb["name"]].insert(option["name"]);
  }
  return verbs;
}

// "crashreel VERB ...": up to where another command begins.
std::vector<std::string> calls_in(const std::string& line) {
  static const std::regex call(R"((?:^|[ /(;&|`"'])crashreel ([a-z][^|;&)`#]*))");
  std::vector<std::string> calls;
  for (std::sregex_iterator at(line.begin(), line.end(), call), end; at != end; ++at) {
    calls.push_back(at->str(1));
  }
  return calls;
}

TEST(Promises, NoDocumentNamesAVerbOrAnOptionThatIsNotThere) {
  const auto verbs = options_of_verbs();
  std::size_t checked = 0;
  for (const std::string& page : pages()) {
    for (const std::string& line : testing::lines_of_blocks(page, "")) {
      for (const std::string& call : calls_in(line)) {
        std::istringstream words(call.substr(0, call.find(" -- ")));
        std::string verb;
        words >> verb;
        std::string word;
        if (verb == "corpus" && words >> word) verb += " " + word;
        ASSERT_TRUE(verbs.contains(verb)) << page << ": " << line;
        ++checked;
        while (words >> word) {
          if (!word.starts_with("--") || word == "--") continue;
          const std::string option = word.substr(2, word.find('=') - 2);
          EXPECT_TRUE(verbs.at(verb).contains(option)) << page << ": --" << option << ": " << line;
        }
      }
    }
  }
  EXPECT_GT(checked, 80u);
}

// A page with commands that no test types would be one more that nobody tries.
TEST(Promises, EveryPageWithCommandsIsTyped) {
  std::string tests;
  for (const char* folder : {"tests/tools", "tests/quickstart"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(CRASHREEL_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc") continue;
      std::ifstream file(entry.path());
      tests += std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  for (const std::string& page : pages()) {
    if (testing::lines_of_blocks(page, "sh").empty()) continue;
    const std::string name = fs::path(page).filename().string();
    EXPECT_NE(tests.find(name + "\""), std::string::npos) << page;
  }
}

}  // namespace
}  // namespace crashreel
