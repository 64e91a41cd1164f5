// Data flows one way: every include of the product is held against the table of folders.
#include "tests/house/layering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/house/source_tree.h"

namespace crashreel::house {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<SourceFile> product_sources() {
  return source_files(kRoot,
                      [](const std::string& path) { return in_product(path) && is_cxx(path); });
}

TEST(Layering, FindsEveryArrowThatTheTableDoesNotHave) {
  EXPECT_THAT(forbidden_includes("minimizer/search.cc",
                                 "#include <vector>\n"
                                 "#include \"minimizer/oracle.h\"\n"
                                 "  # include \"capture/reel/reel.h\"  // why not\n"
                                 "#include \"capture/base/result.h\"\n"),
              ElementsAre("minimizer/search.cc: may not include capture/reel/reel.h"));
}

TEST(Layering, HoldsAnInnerFolderToItsOwnRowOfTheTable) {
  EXPECT_THAT(
      forbidden_includes("harness/player/player.cc", "#include \"capture/base/result.h\"\n"),
      ElementsAre("harness/player/player.cc: may not include capture/base/result.h"));
  EXPECT_THAT(forbidden_includes("harness/outcome.cc", "#include \"harness/player/clock.h\"\n"),
              ElementsAre("harness/outcome.cc: may not include harness/player/clock.h"));
  EXPECT_THAT(forbidden_includes("harness/outcome.cc", "#include \"harness/player/script.h\"\n"),
              IsEmpty());
}

TEST(Layering, RefusesAnIncludeThatIsNotWrittenFromTheRoot) {
  EXPECT_THAT(forbidden_includes("capture/reel/reel.cc", "#include \"reel.h\"\n"),
              ElementsAre("capture/reel/reel.cc: may not include reel.h"));
}

TEST(Layering, HoldsForTheWholeProduct) {
  const auto sources = product_sources();
  ASSERT_GT(sources.size(), 5U) << "no sources below " << kRoot;
  for (const SourceFile& file : sources) {
    EXPECT_THAT(forbidden_includes(file.path, file.text), IsEmpty());
  }
}

TEST(Layering, EveryIncludedHeaderIsThere) {
  for (const SourceFile& file : product_sources()) {
    for (const std::string& include : quoted_includes(file.text)) {
      EXPECT_TRUE(std::filesystem::exists(kRoot / include)) << file.path << ": " << include;
    }
  }
}

}  // namespace
}  // namespace crashreel::house
