#include "capture/reel/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace crashreel {
namespace {

// From RFC 3720, B.4.
TEST(Crc32c, AgreesWithThePublishedVectors) {
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
}

std::uint32_t bit_by_bit(const std::string& bytes) {
  std::uint32_t crc = ~0u;
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

TEST(Crc32c, AgreesWithTheSlowWayAtEveryLengthAndAlignment) {
  std::string bytes;
  for (int i = 0; i < 80; ++i) bytes += static_cast<char>(i * 37 + 11);
  for (std::size_t from = 0; from < 9; ++from)
    for (std::size_t size = 0; from + size <= bytes.size(); ++size) {
      const std::string part = bytes.substr(from, size);
      EXPECT_EQ(crc32c(std::string_view(bytes).substr(from, size)), bit_by_bit(part));
    }
}

}  // namespace
}  // namespace crashreel
