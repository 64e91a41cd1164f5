#include "harness/symbols/symbols.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kModules = CRASHREEL_SYMBOLS_MODULES;
const std::string kModule = kModules + "/symbols_module.so";
const std::string kStripped = kModules + "/symbols_module_stripped.so";

// The module with known functions, loaded here so that its addresses can be taken.
class LoadedModule {
 public:
  LoadedModule() : handle_(dlopen(kModule.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    CRASHREEL_CHECK(handle_ != nullptr);
  }
  ~LoadedModule() { dlclose(handle_); }

  void* symbol(const char* name) const { return dlsym(handle_, name); }

  template <typename... Arguments>
  void* ask(const char* function, Arguments... arguments) const {
    return reinterpret_cast<void* (*)(Arguments...)>(symbol(function))(arguments...);
  }

  std::uint64_t offset(const void* address) const {
    Dl_info info = {};
    CRASHREEL_CHECK(dladdr(symbol("plain_c"), &info) != 0);
    return reinterpret_cast<std::uint64_t>(address) -
           reinterpret_cast<std::uint64_t>(info.dli_fbase);
  }

 private:
  void* handle_;
};

class SymbolsOfModules : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(CRASHREEL_SYMBOLS_LIBRARY).empty()) {
      FAIL() << "built without llvm-19-dev: there is no libcrashreel-symbols.so";
    }
    auto loaded = Symbols::load(CRASHREEL_SYMBOLS_LIBRARY);
    ASSERT_TRUE(loaded) << loaded.error().message;
    symbols_.emplace_back(std::move(*loaded));
  }

  Symbols& symbols() { return symbols_.front(); }

  LoadedModule module_;

 private:
  std::vector<Symbols> symbols_;
};

// No lambda: what makes it a pointer calls it, without optimization.
void* caller_of_this() {
  return __builtin_return_address(0);
}

TEST_F(SymbolsOfModules, NamesACFunctionFromItsFirstByteOn) {
  const auto offset = module_.offset(module_.symbol("plain_c"));
  EXPECT_EQ(symbols().function_name(kModule, offset), "plain_c");
  EXPECT_EQ(symbols().function_name(kModule, offset + 1), "plain_c");
}

TEST_F(SymbolsOfModules, LeavesParametersOutOfACxxName) {
  const auto offset = module_.offset(module_.symbol("_ZN5outer7Counter3addEiPKc"));
  EXPECT_EQ(symbols().function_name(kModule, offset), "outer::Counter::add");
}

TEST_F(SymbolsOfModules, NamesFunctionsThatAreNotExported) {
  EXPECT_EQ(symbols().function_name(kModule, module_.offset(module_.ask("address_of_unexported"))),
            "hidden::(anonymous namespace)::unexported");
  EXPECT_EQ(symbols().function_name(kModule, module_.offset(module_.ask("address_of_template"))),
            "hidden::(anonymous namespace)::twice<int>");
}

TEST_F(SymbolsOfModules, TellsInlinedFunctionsAndLastTheOneThatWasCalled) {
  const auto offset = module_.offset(module_.ask("caller", caller_of_this)) - 1;
  EXPECT_THAT(symbols().functions(kModule, offset), ElementsAre("inlined_leaf", "caller"));
  EXPECT_EQ(symbols().function_name(kModule, offset), "caller");
}

TEST_F(SymbolsOfModules, NamesTheSameFunctionWhenStripped) {
  const auto offset = module_.offset(module_.symbol("plain_c"));
  EXPECT_EQ(symbols().function_name(kStripped, offset), "plain_c");
}

TEST_F(SymbolsOfModules, NamesWhatATableHasWithoutDebugInformation) {
  const auto offset = module_.offset(module_.symbol("plain_c"));
  EXPECT_EQ(symbols().table_name(kModule, offset), "plain_c");
  EXPECT_EQ(symbols().table_name(kStripped, offset), "plain_c");
  EXPECT_EQ(symbols().table_name(kStripped, 1), "");
  EXPECT_EQ(symbols().table_name("/no/such/file", offset), "");
}

TEST_F(SymbolsOfModules, LeavesAnUncoveredAddressNamelessInsteadOfNamingItsNeighbour) {
  const auto offset = module_.offset(module_.ask("address_of_unexported"));
  EXPECT_EQ(symbols().function_name(kStripped, offset), "");
}

TEST_F(SymbolsOfModules, HasNoNamesForWhatIsNoModule) {
  for (const std::string& path : {std::string("/no/such/file"), kModules, std::string(__FILE__)}) {
    EXPECT_THAT(symbols().functions(path, 64), IsEmpty()) << path;
  }
  EXPECT_THAT(symbols().functions(kModule, ~std::uint64_t{0}), IsEmpty());
}

TEST_F(SymbolsOfModules, SurvivesAModuleThatIsCutAnywhere) {
  std::ifstream file(kModule, std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(file), {});
  const auto offset = module_.offset(module_.symbol("plain_c"));
  const std::string folder = testing::TempDir() + "symbols_cut";
  std::filesystem::create_directories(folder);
  for (std::size_t cut = 0; cut < 64; ++cut) {
    const std::string path = folder + "/" + std::to_string(cut) + ".so";
    std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() * cut / 64);
    const std::string name = symbols().function_name(path, offset);
    EXPECT_TRUE(name.empty() || name == "plain_c") << path << ": " << name;
  }
  std::filesystem::remove_all(folder);
}

// Every exported function of a stripped package, by its first and its last byte. Several names may
// stand for one address: any of them will do.
TEST_F(SymbolsOfModules, NamesWhatAStrippedPackageExports) {
  const std::string program = "/usr/bin/redis-server";
  ASSERT_TRUE(std::filesystem::exists(program)) << program << " is not installed";
  FILE* lines = popen(("nm -D --defined-only -S " + program + " 2>/dev/null").c_str(), "r");
  ASSERT_NE(lines, nullptr);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::set<std::string>> exported;
  char line[4096];
  while (std::fgets(line, sizeof line, lines) != nullptr) {
    std::istringstream words(line);
    std::uint64_t start = 0, size = 0;
    char kind = ' ';
    std::string name;
    if (words >> std::hex >> start >> size >> kind >> name && kind == 'T') {
      exported[{start, size}].insert(name.substr(0, name.find('@')));
    }
  }
  pclose(lines);
  ASSERT_GT(exported.size(), 100U);
  for (const auto& [range, names] : exported) {
    const auto [start, size] = range;
    EXPECT_TRUE(names.contains(symbols().function_name(program, start))) << *names.begin();
    EXPECT_TRUE(names.contains(symbols().function_name(program, start + size - 1)))
        << *names.begin();
  }
}

TEST(Symbols, SaysWhatToDoWhenItsLibraryIsMissing) {
  const auto loaded = Symbols::load("/no/such/libcrashreel-symbols.so");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("/no/such/libcrashreel-symbols.so"));
  EXPECT_THAT(loaded.error().message, HasSubstr("go on with module and offset"));
}

TEST(Symbols, RefusesALibraryThatIsNotItsOwn) {
  const auto loaded = Symbols::load(kModule);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr(kModule));
}

}  // namespace
}  // namespace crashreel
