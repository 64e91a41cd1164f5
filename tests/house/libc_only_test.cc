// What is loaded into other people's programs depends on libc and nothing else, and asks of it only
// what is written down in allowed_symbols/. A call to malloc or pthread_mutex_lock that crept into
// the record path is seen here first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace crashreel::house {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

using Words = std::set<std::string>;

std::vector<std::string> output_of(const std::string& command) {
  std::vector<std::string> lines;
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) return lines;
  std::array<char, 4096> line;
  while (std::fgets(line.data(), line.size(), output) != nullptr) lines.emplace_back(line.data());
  EXPECT_EQ(pclose(output), 0) << command;
  return lines;
}

// The last word of every line of `nm`, without the version that glibc puts behind it.
Words symbols(const std::string& nm_options, const std::string& library) {
  Words names;
  for (const std::string& line : output_of("nm -D " + nm_options + " '" + library + "'")) {
    std::istringstream words(line);
    std::string name;
    while (words >> name) continue;
    names.insert(name.substr(0, name.find('@')));
  }
  return names;
}

Words needed_libraries(const std::string& library) {
  Words names;
  for (const std::string& line : output_of("readelf -d '" + library + "'")) {
    if (line.find("(NEEDED)") == std::string::npos) continue;
    const auto open = line.find('[');
    names.insert(line.substr(open + 1, line.find(']') - open - 1));
  }
  return names;
}

// One name a line; '#' begins a comment.
Words allow_list(const std::string& name) {
  const std::string path =
      std::string(CRASHREEL_SOURCE_DIR) + "/tests/house/allowed_symbols/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  Words names;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) names.insert(word);
  }
  return names;
}

// "runtime=/path/libcrashreel.so": the libraries that this build has made.
struct Library {
  std::string list;
  std::string path;

  friend void PrintTo(const Library& library, std::ostream* out) { *out << library.path; }
};

std::vector<Library> libraries() {
  std::vector<Library> all;
  std::istringstream words(CRASHREEL_LIBC_ONLY_LIBRARIES);
  for (std::string word; std::getline(words, word, '|');) {
    const auto equals = word.find('=');
    if (equals != std::string::npos)
      all.push_back({word.substr(0, equals), word.substr(equals + 1)});
  }
  return all;
}

// Those that crashreel.h declares for programs.
Words entry_points() {
  std::ifstream file(CRASHREEL_SOURCE_DIR "/capture/runtime/crashreel.h");
  Words names;
  for (std::string line; std::getline(file, line);) {
    // CRASHREEL_API int crashreel_flush_(void);
    std::istringstream words(line);
    std::string mark, type, name;
    words >> mark >> type;
    std::getline(words >> std::ws, name, '(');
    if (mark == "CRASHREEL_API" && name.starts_with("crashreel_")) names.insert(name);
  }
  return names;
}

class LibcOnly : public testing::TestWithParam<Library> {};

TEST_P(LibcOnly, AsksLibcOnlyForWhatIsOnItsList) {
  // What the tool chain itself adds to every shared library, all of them weak.
  const Words tool_chain = {"_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable",
                            "__cxa_finalize", "__gmon_start__"};
  const Words allowed = allow_list(GetParam().list + ".txt");
  Words strangers;
  for (const std::string& name : symbols("--undefined-only", GetParam().path)) {
    if (!allowed.contains(name) && !tool_chain.contains(name)) strangers.insert(name);
  }
  EXPECT_THAT(strangers, IsEmpty()) << "either do without, or add them to allowed_symbols/"
                                    << GetParam().list << ".txt and say why there";
}

// What has to be constructed is written when the library is loaded, page after page, in every
// program, whether it is used there or not.
TEST_P(LibcOnly, HasNoVariablesToConstruct) {
  std::vector<std::string> constructors;
  for (const std::string& line : output_of("nm '" + GetParam().path + "'")) {
    if (line.find("_GLOBAL__sub_I_") != std::string::npos) constructors.push_back(line);
  }
  EXPECT_THAT(constructors, IsEmpty()) << "declare them constinit";
}

TEST_P(LibcOnly, NeedsNoLibraryButLibc) {
  Words others = needed_libraries(GetParam().path);
  others.erase("libc.so.6");
  others.erase("ld-linux-x86-64.so.2");
  others.erase("$ORIGIN/libcrashreel-prefault.so");  // one of these libraries itself
  EXPECT_THAT(others, IsEmpty());
}

TEST_P(LibcOnly, ShowsExactlyWhatItsHeaderDeclares) {
  if (GetParam().list != "runtime") {
    return;  // the preloaded ones define libc's names on purpose
  }
  Words shown = symbols("--defined-only", GetParam().path);
  EXPECT_EQ(shown.erase("CRASHREEL_0.1"), 1u);  // the version's own name
  EXPECT_EQ(shown, entry_points());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LibcOnly);
INSTANTIATE_TEST_SUITE_P(Of, LibcOnly, testing::ValuesIn(libraries()),
                         [](const auto& library) { return library.param.list; });

TEST(LibcOnlyControl, SeesWhatAnOrdinaryCxxProgramNeeds) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_TRUE(needed_libraries(self).contains("libstdc++.so.6"));
  EXPECT_THAT(symbols("--undefined-only", self), Contains(StartsWith("_ZNSt")));
}

}  // namespace
}  // namespace crashreel::house
