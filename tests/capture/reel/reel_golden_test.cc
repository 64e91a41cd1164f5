// Files that were written once must be readable for ever, and what is written today must be what
// the document says.
#include <gtest/gtest.h>
#include <zstd.h>

#include <sstream>

#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

const std::string kGolden = CRASHREEL_SOURCE_DIR "/tests/golden/";
const std::string kFormat = CRASHREEL_SOURCE_DIR "/capture/reel/FORMAT.md";

// The bytes of the document's example: hex pairs, each line up to its "|".
std::string example_bytes() {
  std::istringstream document(file_bytes(kFormat));
  std::string line;
  while (std::getline(document, line) && line != "```hex") continue;
  std::string bytes;
  while (std::getline(document, line) && line != "```") {
    std::istringstream pairs(line.substr(0, line.find('|')));
    for (std::string pair; pairs >> pair;) bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
  }
  return bytes;
}

Reel example_reel() {
  Reel reel = scene("@1000 1+ @2000 1:GET @3500 1:BOOM");
  reel.program.executable = "/bin/kvd";
  reel.program.argv = {"kvd"};
  reel.crash.known = true;
  reel.crash.signal = 11;
  reel.crash.time_ns = 4000;
  reel.crash.signature.kind = "SIGSEGV";
  return reel;
}

// Long enough to be compressed.
Reel repetitive_reel() {
  Reel reel = full_reel();
  Input input = reel.inputs.back();
  for (int i = 0; i < 1000; ++i) {
    ++input.seq;
    input.data = "SET key:" + std::to_string(i % 10) + " value\r\n";
    reel.inputs.push_back(input);
  }
  return reel;
}

// With something in every section of the facts: how it ended in full, what was redacted, by what it
// was kept, digests of files, and what it was made from.
Reel reel_with_sections() {
  Reel reel = reel_with_places();
  const std::uint64_t seq = reel.inputs.back().seq;
  reel.inputs.push_back({seq + 1, 10, 1, 3, InputKind::kMasked, "57 1:mask:5+7 3:hash:20+16"});
  reel.crash.reason = SaveReason::kHang;
  reel.crash.still_running = true;
  reel.crash.code = -6;
  reel.crash.address = 0x7fff00001234;
  reel.crash.report = "ERROR: AddressSanitizer: heap-use-after-free\n";
  reel.redaction = full_redaction();
  reel.keeping = full_keeping();
  reel.file_digests = {
      {"/var/large.db", 1'000'000'000, 1'790'000'000'000'000'000, 0x123456789abcdef0},
      {"huge", UINT64_MAX, 1, std::nullopt}};
  reel.lineage = full_lineage();
  return reel;
}

TEST(ReelFormat, TheDocumentsExampleIsWhatTheWriterMakes) {
  EXPECT_EQ(example_bytes(), serialize_reel(example_reel()));
}

TEST(ReelFormat, TheDocumentsExampleCanBeRead) {
  const Result<ReadReel> read = parse_reel(example_bytes(), "FORMAT.md");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->damage.none());
  EXPECT_EQ(read->reel, example_reel());
}

// Nothing where the file can't be read without damage.
Reel golden_reel(const std::string& name) {
  const Result<ReadReel> read = read_reel(kGolden + name);
  if (!read) ADD_FAILURE() << read.error().message;
  if (!read || !read->damage.none()) return {};
  return read->reel;
}

TEST(ReelGolden, EveryVersionIsRead) {
  EXPECT_EQ(golden_reel("v1.reel"), full_reel());
  EXPECT_EQ(golden_reel("v1-compressed.reel"), repetitive_reel());
  EXPECT_EQ(golden_reel("v2.reel"), reel_with_places());
  EXPECT_EQ(golden_reel("v2-compressed.reel"), repetitive_reel());
  EXPECT_EQ(golden_reel("v2-sections.reel"), reel_with_sections());
}

TEST(ReelGolden, Version2IsWrittenByteByByte) {
  EXPECT_EQ(serialize_reel(reel_with_places()), file_bytes(kGolden + "v2.reel"));
  EXPECT_EQ(serialize_reel(reel_with_sections()), file_bytes(kGolden + "v2-sections.reel"));
}

TEST(ReelGolden, CompressedVersion2IsWrittenByteByByte) {
  if (ZSTD_versionNumber() / 100 != 105)
    GTEST_SKIP() << "zstd " << ZSTD_versionString()
                 << " may compress otherwise than the 1.5 that wrote the golden file";
  EXPECT_TRUE(serialize_reel(repetitive_reel()) == file_bytes(kGolden + "v2-compressed.reel"));
}

}  // namespace
}  // namespace crashreel
