#include "tools/lanes_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crashreel {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

void add(LanesText& lanes, std::uint64_t time_ns, std::uint32_t session, int times = 1) {
  Input input;
  input.time_ns = time_ns;
  input.session = session;
  for (int i = 0; i < times; ++i) lanes.add(input);
}

TEST(LanesText, DrawsWhoSpokeWhen) {
  LanesText lanes;
  add(lanes, 0, 7, 16);
  add(lanes, 0, 3, 2);
  add(lanes, 5'000'000'000, 3, 8);
  add(lanes, 10'000'000'000, 7);
  EXPECT_EQ(lanes.text(41),
            "  session 7  17 |#                     .|\n"
            "  session 3  10 |.          :           |\n"
            "                0.000000 s    10.000000 s\n"
            "  # up to 16 inputs, : up to half of that, . up to an eighth\n");
}

TEST(LanesText, ShowsTheOrderWhereThereIsNoTime) {
  LanesText lanes;
  for (std::uint32_t i = 0; i < 4; ++i) add(lanes, 9, i);
  EXPECT_THAT(lanes.text(0), HasSubstr("input 1"));
  EXPECT_THAT(lanes.text(0), StartsWith("  session 0  1 |#                   |\n"
                                        "  session 1  1 |    #               |\n"));
}

TEST(LanesText, PutsTheQuietSessionsTogether) {
  LanesText lanes;
  for (std::uint32_t session = 0; session < 100; ++session) {
    add(lanes, session, session, session == 50 ? 3 : 1);
  }
  const std::string text = lanes.text(80);
  EXPECT_EQ(std::ranges::count(text, '|'), 2 * 20);
  EXPECT_THAT(text, HasSubstr("  session 50          3 |"));
  EXPECT_THAT(text, HasSubstr(" other sessions  "));
}

TEST(LanesText, OfNothingSaysSo) {
  EXPECT_THAT(LanesText().text(80), EndsWith("no inputs\n"));
}

}  // namespace
}  // namespace crashreel
