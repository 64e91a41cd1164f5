// Reproducers for other tools. What those tools make of them, tests/tools/corpus_verb_test.cc asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/jsonl.h"
#include "corpus/exports/c_text.h"
#include "corpus/exports/formats.h"
#include "corpus/seed_codec.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

TEST(Exports, AreFoundByTheirName) {
  for (const ExportFormat& format : export_formats())
    EXPECT_EQ(export_format(format.name)->write, format.write);
  EXPECT_EQ(export_format("none"), nullptr);
}

TEST(Exports, EachCarryTheInputs) {
  const Reel reel = scene("1+ 1:GET 1:SET 1-");
  EXPECT_EQ(*export_format("raw")->write(reel, "x"), "GETSET");
  EXPECT_EQ(*export_format("afl")->write(reel, "x"), encode_seed(reel));
  EXPECT_EQ(*export_format("aflnet")->write(reel, "x"), std::string("\3\0\0\0GET\3\0\0\0SET", 14));
  EXPECT_EQ(*parse_jsonl(*export_format("jsonl")->write(reel, "x"), "x"), reel.inputs);
}

TEST(Exports, ForAflnetAreOneSession) {
  const auto exported = export_aflnet(scene("1:GET 2:SET"), "two.reel");
  ASSERT_FALSE(exported);
  EXPECT_THAT(exported.error().message, HasSubstr("two.reel: has 2 sessions"));
}

TEST(Exports, TakeAnyReelThereIs) {
  for (const ExportFormat& format : export_formats()) {
    if (std::string(format.name) == "aflnet") continue;
    EXPECT_TRUE(format.write(full_reel(), "a \"name\" \\ of\n/1")) << format.name;
    EXPECT_TRUE(format.write(reel_with_places(), "")) << format.name;
  }
}

TEST(CText, KeepsBytesApartFromWhatStandsAroundThem) {
  EXPECT_EQ(c_literals("a\"b\\?\n", "  "), "  \"a\\\"b\\\\\\?\\n\"");
  EXPECT_EQ(c_literals(std::string("\0"
                                   "1\xff",
                                   3),
                       ""),
            "\"\\0001\\377\"");
  EXPECT_EQ(c_literals("", ""), "\"\"");
  EXPECT_EQ(c_literals("a\nb", ""), "\"a\\n\"\n\"b\"");
  EXPECT_EQ(c_bytes("\x01\xff", " "), " 0x01,0xff,");
  EXPECT_EQ(c_name("night-1.reel"), "night_1_reel");
  EXPECT_EQ(c_name("1"), "reel_1");
}

}  // namespace
}  // namespace crashreel
