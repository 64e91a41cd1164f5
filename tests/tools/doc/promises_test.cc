// Are the verbs and options there that documents name? In their prose, too, which nobody types.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
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

// What stands between backquotes in the prose, and the lines of all blocks.
std::vector<std::string> commands_of(const std::string& page) {
  static const std::regex span("`([^`]+)`");
  std::vector<std::string> commands = testing::lines_of_blocks(page, "");
  const std::string prose = testing::prose_of(page);
  for (std::sregex_iterator at(prose.begin(), prose.end(), span), end; at != end; ++at) {
    commands.push_back(at->str(1));
  }
  return commands;
}

TEST(Promises, NoDocumentNamesAVerbOrAnOptionThatIsNotThere) {
  const auto verbs = options_of_verbs();
  std::size_t checked = 0;
  for (const std::string& page : pages()) {
    for (const std::string& line : commands_of(page)) {
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
  EXPECT_GT(checked, 120u);
}

}  // namespace
}  // namespace crashreel
