#include "tools/pipeline/continuations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crashreel {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> said_in(const Sequence& sequence) {
  std::vector<std::string> said;
  for (const Input* input : sequence) {
    said.push_back(std::to_string(input->session) + " " + name_of(input->kind) + " " + input->data);
  }
  return said;
}

Reel reel_of(const std::vector<std::pair<std::uint32_t, std::string>>& lines) {
  Reel reel;
  for (const auto& [session, line] : lines) {
    Input input;
    input.seq = reel.inputs.size();
    input.session = session;
    input.data = line;
    reel.inputs.push_back(input);
  }
  return reel;
}

TEST(Continuations, AKindIsTheFirstWordInWhateverProtocol) {
  EXPECT_EQ(kind_of("SET a 1\n"), "SET");
  EXPECT_EQ(kind_of("*3\r\n$3\r\nGET\r\n"), "GET");
  EXPECT_EQ(kind_of(std::string("\x01\x02\x03\x04\x05", 5)), std::string("\x01\x02\x03\x04", 4));
  EXPECT_EQ(kind_of(""), "");
}

TEST(Continuations, SpeakInASessionOfTheirOwnAndInTheTriggers) {
  const Reel reel = reel_of({{1, "A"}, {2, "B"}});
  const Continuations continuations(reel, 1, 8);
  ASSERT_EQ(continuations.size(), 2U);
  EXPECT_EQ(continuations.kind(0), "A");
  std::vector<std::string> said = said_in(continuations.after(1, 0));
  said.resize(5);
  EXPECT_THAT(said,
              ElementsAre("1 data A", "3 open tcp inbound", "3 data A", "2 data A", "3 data A"));
}

TEST(Continuations, TheFrequentKindsAndTheTriggersOwnAreTaken) {
  const Reel reel = reel_of({{1, "A"}, {1, "B"}, {1, "B"}, {1, "C"}, {1, "C"}, {1, "D"}});
  const Continuations continuations(reel, 5, 2);
  ASSERT_EQ(continuations.size(), 2U);
  EXPECT_EQ(continuations.kind(0), "B");
  EXPECT_EQ(continuations.kind(1), "D");
}

TEST(Continuations, NobodySpeaksInASessionThatIsClosed) {
  Reel reel = reel_of({{1, "A"}, {1, ""}, {1, "B"}});
  reel.inputs[1].kind = InputKind::kClose;
  const Continuations continuations(reel, 2, 8);
  for (const std::string& said : said_in(continuations.after(2, 0))) {
    EXPECT_TRUE(said.starts_with("2 ") || said == "1 data A" || said == "1 close ") << said;
  }
}

}  // namespace
}  // namespace crashreel
