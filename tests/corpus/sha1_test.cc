#include "corpus/sha1.h"

#include <gtest/gtest.h>

#include <set>

namespace crashreel {
namespace {

// From FIPS 180 and RFC 3174.
TEST(Sha1, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1_hex(std::string(1000000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, TellsEveryLengthAroundABlockApart) {
  std::set<std::string> names;
  for (std::size_t size = 0; size <= 200; ++size) names.insert(sha1_hex(std::string(size, '\0')));
  EXPECT_EQ(names.size(), 201u);
}

}  // namespace
}  // namespace crashreel
