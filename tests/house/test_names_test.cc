// What ctest knows of a test (its label, its limit) it knows by the name: two of one name have what
// the later one was given, and a short one may be left out with a long one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace crashreel::house {
namespace {

using testing::Contains;
using testing::IsEmpty;

// Of `ctest -N`, whose lines are "  Test  #12: NAME", and what a test is given behind that.
std::vector<std::string> test_names() {
  const std::regex listed(R"(^ *Test +#\d+: (.+)\n$)");
  std::vector<std::string> names;
  FILE* list = popen("ctest --test-dir '" CRASHREEL_BUILD_DIR "' -N", "r");
  if (list == nullptr) return names;
  std::array<char, 4096> line;
  while (std::fgets(line.data(), line.size(), list) != nullptr) {
    std::cmatch match;
    if (std::regex_match(line.data(), match, listed)) names.push_back(match[1]);
  }
  EXPECT_EQ(pclose(list), 0);
  return names;
}

TEST(TestNames, AreEachOneTests) {
  const std::vector<std::string> names = test_names();
  EXPECT_THAT(names, Contains("TestNames.AreEachOneTests"));
  std::set<std::string> seen;
  std::vector<std::string> twice;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) twice.push_back(name);
  }
  EXPECT_THAT(twice, IsEmpty());
}

}  // namespace
}  // namespace crashreel::house
