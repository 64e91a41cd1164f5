// Eight bytes stand for an answer, however it was cut.
#include "capture/runtime/output_digest.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>
#include <string_view>

namespace crashreel {
namespace {

std::string counting(std::size_t size) {
  std::string bytes(size, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

std::uint64_t digest_of(std::string_view bytes) {
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  return digest.value();
}

// FORMAT.md has the same numbers; they were computed by another program, from its text.
TEST(OutputDigest, IsWhatTheFormatSays) {
  EXPECT_EQ(digest_of(""), 0x467393fa8e9f0b05u);
  EXPECT_EQ(digest_of("+OK\r\n"), 0xd095d4430264662bu);
  EXPECT_EQ(digest_of(counting(64)), 0xd9fb801060144711u);
  EXPECT_EQ(digest_of(counting(200)), 0x75e707aa3cad4dd0u);
}

TEST(OutputDigest, CountsWhatItHasNotSeen) {
  OutputDigest digest;
  digest.add("+OK\r\n", 5);
  digest.add_unseen(4096);
  EXPECT_EQ(digest.value(), 0x11abc869395eb001u);
  EXPECT_EQ(digest.bytes(), 4101u);
}

TEST(OutputDigest, DoesNotDependOnHowTheBytesAreCut) {
  const std::string bytes = counting(251);
  const std::uint64_t whole = digest_of(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    for (const std::size_t second : {cut, cut + (bytes.size() - cut) / 2, bytes.size()}) {
      OutputDigest digest;
      digest.add(bytes.data(), cut);
      digest.add(bytes.data() + cut, second - cut);
      digest.add(bytes.data() + second, bytes.size() - second);
      ASSERT_EQ(digest.value(), whole) << cut << " " << second;
    }
  }
}

TEST(OutputDigest, ChangesWithEachBitAndEachLength) {
  std::string bytes = counting(130);
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    seen.insert(digest_of(std::string_view(bytes).substr(0, size)));
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    seen.insert(digest_of(bytes));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
  EXPECT_EQ(seen.size(), 131 + 8 * bytes.size());
}

TEST(OutputDigest, TellsZerosOfDifferentCountsApart) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 300; ++size) seen.insert(digest_of(std::string(size, '\0')));
  EXPECT_EQ(seen.size(), 300u);
}

}  // namespace
}  // namespace crashreel
