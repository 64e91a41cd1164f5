// Which sessions do rules hide as a whole?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/capture/runtime/recorded.h"
#include "tests/capture/runtime/redacted.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Redact, MasksAllOfASessionWhoseOpeningFits) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "mask:session:unix\ndrop:session:tcp * *:443"), [] {
    crashreel_record(CRASHREEL_OPEN, 1, "tcp inbound 1.2.3.4:443 5.6.7.8:9", 33);
    crashreel_record(CRASHREEL_OPEN, 2, "unix inbound /run/socket", 24);
    crashreel_record(CRASHREEL_OPEN, 3, "tcp inbound 1.2.3.4:80 5.6.7.8:9", 32);
    for (std::uint32_t session = 1; session <= 4; ++session) record_text(session, "hello");
  });
  auto inputs = told(read.reel);
  inputs.erase(inputs.begin(), inputs.begin() + 3);
  EXPECT_THAT(inputs, ElementsAre("data:", "masked:5 2:drop:0+5", "data:xxxxx",
                                  "masked:5 1:mask:0+5", "data:hello", "data:hello"));
}

TEST(Redact, TreatsASessionThatIsNoLongerKnownAsOneOfThoseToHide) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "mask:session:tls"), [] {
    crashreel_record(CRASHREEL_OPEN, 5, "tcp inbound", 11);
    crashreel_record(CRASHREEL_OPEN, 5 + (1u << 18), "tcp inbound", 11);
    record_text(5, "hello");
    record_text(5 + (1u << 18), "hello");
  });
  EXPECT_EQ(read.reel.inputs[2].data, "xxxxx");
  EXPECT_EQ(read.reel.inputs[4].data, "hello");
}

TEST(Redact, KnowsInAForkedChildWhatItsParentOpened) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "mask:session:tls"), [] {
    crashreel_record(CRASHREEL_OPEN, 1, "tls inbound", 11);
    in_child([] {
      record_text(1, kSecret);
      return 0;
    });
  });
  EXPECT_THAT(file_text(path.str()), Not(HasSubstr(kSecret)));
  EXPECT_EQ(read.reel.inputs[1].data, std::string(17, 'x'));
}

// As often under one key as it comes; the openings, by which it is known, stay.
TEST(Redact, HashesAllOfASessionWhoseOpeningFitsUnderTheKey) {
  const auto hashed = [](const char* key) {
    const RingPath path;
    crashreel_options options = with_rules(path, "hash:session:tls");
    options.redact_key = key;
    const auto read = recorded(options, [] {
      crashreel_record(CRASHREEL_OPEN, 1, "tls inbound", 11);
      crashreel_record(CRASHREEL_OPEN, 2, "tcp inbound", 11);
      for (const char* text : {kSecret, kSecret, "another"}) record_text(1, text);
      record_text(2, kSecret);
    });
    auto inputs = told(read.reel);
    EXPECT_EQ(inputs.size(), 9u);
    EXPECT_EQ(inputs[0], "open:tls inbound");
    EXPECT_THAT(inputs[2], testing::MatchesRegex("data:[a-p]+"));
    EXPECT_EQ(inputs[2].size(), std::string("data:").size() + sizeof kSecret - 1);
    EXPECT_EQ(inputs[3], "masked:17 1:hash:0+17");
    EXPECT_EQ(inputs[4], inputs[2]);
    EXPECT_THAT(inputs[6], testing::MatchesRegex("data:[a-p]{7}"));
    EXPECT_EQ(inputs[8], std::string("data:") + kSecret);
    return inputs[2];
  };
  EXPECT_EQ(hashed("key"), hashed("key"));
  EXPECT_NE(hashed("key"), hashed("another"));
}

}  // namespace
}  // namespace crashreel
