#include "tools/suggest.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

const std::vector<std::string> kVerbs{"record", "salvage", "show", "import", "replay", "minimize"};

TEST(NearestWord, FindsTheWordBehindOneSlip) {
  EXPECT_EQ(nearest_word("recrod", kVerbs), "record");
  EXPECT_EQ(nearest_word("shw", kVerbs), "show");
  EXPECT_EQ(nearest_word("shows", kVerbs), "show");
  EXPECT_EQ(nearest_word("minimise", kVerbs), "minimize");
}

TEST(NearestWord, TakesTheBeginningOfAWordForTheWord) {
  EXPECT_EQ(nearest_word("min", kVerbs), "minimize");
  EXPECT_EQ(nearest_word("re", kVerbs), "record");
}

TEST(NearestWord, SuggestsNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest_word("frobnicate", kVerbs), "");
  EXPECT_EQ(nearest_word("x", kVerbs), "");
  EXPECT_EQ(nearest_word("", kVerbs), "");
  EXPECT_EQ(nearest_word(std::string(100000, 'a'), kVerbs), "");
}

}  // namespace
}  // namespace crashreel
