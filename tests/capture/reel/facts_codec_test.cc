#include "capture/reel/facts_codec.h"

#include <gtest/gtest.h>

#include "capture/base/check.h"
#include "capture/reel/wire.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

ReelFacts some_facts() {
  ReelFacts facts;
  facts.program = full_reel().program;
  facts.crash = full_reel().crash;
  return facts;
}

// The same facts with one section more, whose tag nobody gave out.
std::string with_strange_section(const ReelFacts& facts, std::string_view content) {
  std::string bytes = encode_facts(facts);
  EXPECT_EQ(bytes.back(), '\0') << "these facts have no sections";
  bytes.back() = 1;
  put_varint(bytes, UINT64_MAX);
  put_text(bytes, content);
  return bytes;
}

TEST(FactsCodec, KeepsWhatWasRedacted) {
  ReelFacts facts = some_facts();
  facts.totals.inputs = 7;
  facts.masked_inputs = 3;
  facts.redaction = {
      .rules = {"1 mask:after", "0 hook"}, .salvage_rules = {"2 drop:regex"}, .masked_facts = 5};
  EXPECT_EQ(decode_facts(encode_facts(facts)), facts);
}

TEST(FactsCodec, PassesOverASectionThatItDoesNotKnow) {
  EXPECT_EQ(decode_facts(with_strange_section(some_facts(), "from a later year")), some_facts());
}

TEST(FactsCodec, RefusesASectionThatIsCutOff) {
  std::string bytes = with_strange_section(some_facts(), "from a later year");
  bytes.pop_back();
  EXPECT_EQ(decode_facts(bytes), std::nullopt);
}

TEST(FactsCodec, RefusesMoreSectionsThanAreAllowed) {
  std::string bytes = encode_facts(some_facts());
  bytes.pop_back();
  put_varint(bytes, kMaxSections + 1);
  for (std::uint64_t i = 0; i <= kMaxSections; ++i) bytes += std::string("\x7f\0", 2);
  EXPECT_EQ(decode_facts(bytes), std::nullopt);
}

}  // namespace
}  // namespace crashreel
