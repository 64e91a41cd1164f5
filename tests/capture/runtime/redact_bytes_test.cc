// Which bytes rules find, and what stands there instead.
#include "capture/runtime/redact_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/capture/runtime/parsed_rules.h"

namespace crashreel::redact {
namespace {

constexpr Key kKey{1, 2};

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Ranges found(const std::string& rules, const std::string& payload) {
  Ranges ranges;
  ranges.size = payload.size();
  find(parsed(rules), bytes_of(payload), ranges);
  seal(kKey, bytes_of(payload), ranges);
  return ranges;
}

std::string copied(const Ranges& ranges, const std::string& payload, std::size_t from,
                   std::size_t size) {
  std::string to(size, '?');
  copy(ranges, kKey, bytes_of(payload), from, reinterpret_cast<unsigned char*>(to.data()), size);
  return to;
}

std::string redacted(const std::string& rules, const std::string& payload) {
  return copied(found(rules, payload), payload, 0, payload.size());
}

std::string said(const Ranges& ranges) {
  char text[kMostMaskText];
  return {text, text_of(ranges, text)};
}

TEST(RedactBytes, MasksALiteralWhereverItStands) {
  EXPECT_EQ(redacted("mask:literal:hunter2", "hunter2 and hunter2, hunter"),
            "xxxxxxx and xxxxxxx, hunter");
  EXPECT_EQ(redacted("mask:literal/i:Secret", "SECRET sEcReT secre"), "xxxxxx xxxxxx secre");
  EXPECT_EQ(redacted("mask:literal:aba", "..ababa.."), "..xxxxx..");
}

TEST(RedactBytes, MasksWhatFollowsATextToTheEndOfTheWord) {
  EXPECT_EQ(redacted("mask:after:\"AUTH \"", "AUTH hunter2\r\nGET a\r\n"),
            "AUTH xxxxxxx\r\nGET a\r\n");
  EXPECT_EQ(redacted("mask:after:token= until:\"&\"", "/?token=a b&x=1"), "/?token=xxx&x=1");
  EXPECT_EQ(redacted("mask:after:token=", "/?token=cut"), "/?token=xxx");
  EXPECT_EQ(redacted("mask:after:token=", "/?token= "), "/?token= ");
}

TEST(RedactBytes, MasksWhatFollowsATextToTheEndOfTheLine) {
  EXPECT_EQ(redacted("mask:line/i:\"authorization: \"", "Authorization: Basic abc\r\nHost: a\r\n"),
            "Authorization: xxxxxxxxx\r\nHost: a\r\n");
}

TEST(RedactBytes, PassesOverDigitsInAText) {
  const std::string rule = "mask:line:\"AUTH\\r\\n$\\d\\r\\n\"";
  EXPECT_EQ(redacted(rule, "*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n"),
            "*2\r\n$4\r\nAUTH\r\n$7\r\nxxxxxxx\r\n");
  EXPECT_EQ(redacted(rule, "AUTH\r\n$123\r\nhunter2"), "AUTH\r\n$123\r\nxxxxxxx");
  EXPECT_EQ(redacted(rule, "AUTH\r\n$\r\nhunter2"), "AUTH\r\n$\r\nhunter2");
  EXPECT_EQ(redacted(rule, "AUTH\r\n$7"), "AUTH\r\n$7");
}

TEST(RedactBytes, FindsATextThatStandsInsideTheSecretBehindAnother) {
  EXPECT_EQ(redacted("mask:after:\"AUTH \"", "AUTH AUTH secret"), "AUTH xxxx xxxxxx");
  EXPECT_EQ(redacted("mask:after:p=", "p=p=secret"), "p=xxxxxxxx");
}

TEST(RedactBytes, KeepsEqualSecretsEqualAndOthersApart) {
  const std::string text = redacted("hash:after:k=", "k=secret k=secret k=public k=a");
  EXPECT_EQ(text.substr(2, 6), text.substr(11, 6));
  EXPECT_NE(text.substr(2, 6), text.substr(20, 6));
  EXPECT_EQ(text.size(), 30u);
  EXPECT_EQ(text.find("secret"), std::string::npos);
}

TEST(RedactBytes, GivesOtherLettersUnderAnotherKey) {
  const std::string payload(40, 's');
  Ranges ranges = found("hash:literal:" + payload, payload);
  std::string other(40, '?');
  const Key key{3, 4};
  seal(key, bytes_of(payload), ranges);
  copy(ranges, key, bytes_of(payload), 0, reinterpret_cast<unsigned char*>(other.data()), 40);
  EXPECT_NE(other, redacted("hash:literal:" + payload, payload));
}

TEST(RedactBytes, DropsThePayloadWhereARuleSaysSo) {
  const Ranges ranges = found("mask:literal:a\ndrop:literal:secret", "a secret a");
  EXPECT_TRUE(ranges.drops());
  EXPECT_EQ(said(ranges), "10 2:drop:0+10");
}

TEST(RedactBytes, SaysWhatWasDoneButNotToWhat) {
  EXPECT_EQ(said(found("hash:after:u=\nmask:literal:pass", "u=joe p=pass u=eve")),
            "18 1:hash:2+3 2:mask:8+4 1:hash:15+3");
  EXPECT_EQ(said(found("mask:literal:abc\nhash:literal:cd", ".abcd.")), "6 1:mask:1+4");
}

TEST(RedactBytes, CopiesAnyPieceAsItStandsInTheWhole) {
  const std::string payload = "u=joe and u=somebody-with-a-long-name p=pass.";
  const Ranges ranges = found("hash:after:u=\nmask:literal:pass", payload);
  const std::string whole = copied(ranges, payload, 0, payload.size());
  for (std::size_t from = 0; from <= payload.size(); ++from) {
    for (std::size_t size = 0; from + size <= payload.size(); ++size) {
      ASSERT_EQ(copied(ranges, payload, from, size), whole.substr(from, size));
    }
  }
}

TEST(RedactBytes, MasksAllTheRestWhereThereAreTooManySecrets) {
  std::string payload;
  for (std::size_t i = 0; i < kMostRanges + 5; ++i) payload += "secret, ";
  const std::string text = redacted("hash:literal:secret", payload);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.substr((kMostRanges - 1) * 8), std::string(6 * 8, 'x'));
}

TEST(RedactBytes, TakesRangesInAnyOrderAndBeyondTheEnd) {
  Ranges ranges;
  ranges.size = 100;
  for (std::size_t i = 2 * kMostRanges; i > 0; --i) ranges.add(i, i + 1, 0, Action::kMask);
  ranges.add(90, 1000, 0, Action::kHash);
  ranges.add(200, 300, 0, Action::kMask);
  ranges.add(5, 5, 0, Action::kMask);
  std::size_t last_end = 0;
  for (std::uint32_t i = 0; i < ranges.count; ++i) {
    EXPECT_GE(ranges.list[i].begin, last_end);
    last_end = ranges.list[i].end;
  }
  EXPECT_EQ(ranges.list[0].begin, 1u);
  EXPECT_EQ(last_end, 100u);
}

// From the paper's reference: key 00 01 ... 0f, message 00 01 ... 0e.
TEST(RedactHash, IsSipHashAsItIsPublished) {
  unsigned char message[15];
  for (unsigned char i = 0; i < sizeof message; ++i) message[i] = i;
  const Key key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(siphash(key, message, sizeof message), 0xa129ca6149be45e5u);
  EXPECT_EQ(siphash(key, message, 0), 0x726fdb47dd0e0e31u);
}

TEST(RedactHash, MakesAKeyOfAnyPhrase) {
  const Key one = key_of("one", 3), two = key_of("two", 3);
  EXPECT_NE(one.low, two.low);
  EXPECT_NE(one.high, two.high);
  EXPECT_NE(one.low, one.high);
}

}  // namespace
}  // namespace crashreel::redact
