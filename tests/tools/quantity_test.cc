#include "tools/quantity.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

TEST(Quantity, ReadsPlainBytesAndTheFourUnits) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("4096").value(), 4096u);
  EXPECT_EQ(parse_size("512KiB").value(), 512u << 10);
  EXPECT_EQ(parse_size("64MiB").value(), 64u << 20);
  EXPECT_EQ(parse_size("1GiB").value(), 1u << 30);
  EXPECT_EQ(parse_size("2TiB").value(), std::uint64_t{2} << 40);
}

TEST(Quantity, RefusesWhatCouldMeanTwoThings) {
  for (const char* text : {"", "64M", "64MB", "64mib", "64 MiB", "-1", "+1", "1.5GiB", "MiB",
                           "0x10", "64MiBKiB", "1e6", " 1", "1 "}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Quantity, RefusesSizesThatOverflow) {
  EXPECT_TRUE(parse_size("18446744073709551615"));
  EXPECT_FALSE(parse_size("18446744073709551616"));
  EXPECT_TRUE(parse_size("16777215TiB"));
  EXPECT_FALSE(parse_size("16777216TiB"));
}

TEST(Quantity, CountsFromOneToTheBound) {
  EXPECT_EQ(parse_count("1", 10).value(), 1u);
  EXPECT_EQ(parse_count("10", 10).value(), 10u);
  for (const char* text : {"0", "11", "", "-1", "ten", "1x"}) {
    EXPECT_FALSE(parse_count(text, 10)) << text;
  }
}

TEST(Quantity, NamesTheTextTheBoundAndAWayOut) {
  EXPECT_NE(parse_size("64MB").error().message.find("'64MB'"), std::string::npos);
  EXPECT_NE(parse_size("64MB").error().message.find("64MiB"), std::string::npos);
  EXPECT_EQ(parse_count("0", 1024).error().message, "'0' is not a whole number from 1 to 1,024");
}

TEST(Quantity, WritesNumbersExactlyAndReadably) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "input"), "1 input");
  EXPECT_EQ(counted(2000, "input"), "2,000 inputs");
  EXPECT_EQ(counted(3, "try"), "3 tries");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1572864), "1,572,864 bytes (1.5 MiB)");
}

TEST(Quantity, WritesNanosecondsAsSecondsWithoutRounding) {
  EXPECT_EQ(seconds_text(0), "0.000000 s");
  EXPECT_EQ(seconds_text(12000345999), "12.000345 s");
  EXPECT_EQ(seconds_text(UINT64_MAX), "18446744073.709551 s");
}

}  // namespace
}  // namespace crashreel
