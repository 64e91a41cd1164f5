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
  facts.redaction = full_redaction();
  EXPECT_EQ(decode_facts(encode_facts(facts)), facts);
}

TEST(FactsCodec, KeepsWhatTheKernelAndASanitizerToldOfACrash) {
  ReelFacts facts = some_facts();
  facts.crash.reason = SaveReason::kHang;
  facts.crash.still_running = true;
  facts.crash.code = -6;
  facts.crash.address = UINT64_MAX;
  facts.crash.report = "ERROR: AddressSanitizer";
  EXPECT_EQ(decode_facts(encode_facts(facts)), facts);
}

TEST(FactsCodec, KeepsOfAReportWhatIsAllowed) {
  ReelFacts facts = some_facts();
  facts.crash.report.assign(kMaxReportBytes + 1, 'r');
  const auto read = decode_facts(encode_facts(facts));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->crash.report, std::string(kMaxReportBytes, 'r'));
}

// Some facts with one section, a crash, of these bytes.
std::string with_crash_section(std::string_view content) {
  std::string bytes = encode_facts(some_facts());
  bytes.back() = 1;
  put_varint(bytes, 1);
  put_text(bytes, content);
  return bytes;
}

TEST(FactsCodec, TakesAReasonOfALaterVersionForNone) {
  const auto read = decode_facts(with_crash_section({"\x63\x01\x00\x00\x00", 5}));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->crash.reason, SaveReason::kUnknown);
  EXPECT_TRUE(read->crash.still_running);
}

TEST(FactsCodec, RefusesAReportThatIsTooLong) {
  std::string content("\x01\x00\x00\x00", 4);
  put_text(content, std::string(kMaxReportBytes + 1, 'r'));
  EXPECT_EQ(decode_facts(with_crash_section(content)), std::nullopt);
}

TEST(FactsCodec, KeepsTheBoundsOfEachPlaceAndWhatTheyCost) {
  ReelFacts facts = some_facts();
  facts.keeping = full_keeping();
  facts.keeping.pins_missed = UINT64_MAX;
  facts.keeping.heads_open = 66;  // these have the values of others there
  facts.keeping.heads_full = 65;
  facts.keeping.heads_gapped = 64;
  facts.keeping.heads_refused = 63;
  EXPECT_EQ(decode_facts(encode_facts(facts)), facts);
}

TEST(FactsCodec, KeepsLargeFilesWithAndWithoutADigest) {
  ReelFacts facts = some_facts();
  facts.file_digests = {{"/srv/data", 70'000, 1'700'000'000'000'000'000, 0x1234},
                        {"/srv/huge", UINT64_MAX, 0, std::nullopt}};
  EXPECT_EQ(decode_facts(encode_facts(facts)), facts);
}

TEST(FactsCodec, KeepsWhatTheReelWasMadeFrom) {
  ReelFacts facts = some_facts();
  facts.lineage = full_lineage();
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
