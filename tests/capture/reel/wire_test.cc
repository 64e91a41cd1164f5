#include "capture/reel/wire.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  put_varint(out, value);
  return out;
}

TEST(Wire, CarriesEveryBoundaryOfAVarint) {
  for (int bits = 0; bits <= 63; ++bits)
    for (std::uint64_t value : {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits,
                                UINT64_MAX - (std::uint64_t{1} << bits)}) {
      const std::string bytes = varint(value);
      WireReader in(bytes);
      EXPECT_EQ(in.varint(), value);
      EXPECT_TRUE(in.done());
      EXPECT_EQ(unzigzag(zigzag(value)), value);
    }
  EXPECT_EQ(varint(UINT64_MAX).size(), 10u);
}

TEST(Wire, RefusesVarintsThatAreCutTooLongOrTooLarge) {
  using namespace std::string_literals;
  for (const std::string& bytes :
       {""s, "\x80"s, "\x80\x00"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"s,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    WireReader in(bytes);
    EXPECT_EQ(in.varint(), 0u);
    EXPECT_FALSE(in.ok());
  }
  WireReader bounded("\x08");
  bounded.varint(7);
  EXPECT_FALSE(bounded.ok());
}

TEST(Wire, PutsTheLowByteFirst) {
  std::string out;
  put_fixed<std::uint32_t>(out, 0x01020304);
  put_fixed<std::uint16_t>(out, 0xff00);
  EXPECT_EQ(out, std::string("\4\3\2\1\0\xff", 6));
  WireReader in(out);
  EXPECT_EQ(in.fixed<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(in.fixed<std::uint16_t>(), 0xff00u);
  EXPECT_TRUE(in.done());
}

TEST(Wire, StaysFailedAfterTheFirstThingThatDoesNotFit) {
  WireReader in(
      "\x05"
      "abc");
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.fixed<std::uint8_t>(), 0);
  EXPECT_FALSE(in.ok());
  EXPECT_FALSE(in.done());
}

}  // namespace
}  // namespace crashreel
