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
}

TEST(ReelGolden, Version2IsWrittenByteByByte) {
  EXPECT_EQ(serialize_reel(reel_with_places()), file_bytes(kGolden + "v2.reel"));
}

TEST(ReelGolden, CompressedVersion2IsWrittenByteByByte) {
  if (ZSTD_versionNumber() / 100 != 105)
    GTEST_SKIP() << "zstd " << ZSTD_versionString()
                 << " may compress otherwise than the 1.5 that wrote the golden file";
  EXPECT_TRUE(serialize_reel(repetitive_reel()) == file_bytes(kGolden + "v2-compressed.reel"));
}

}  // namespace
}  // namespace crashreel
