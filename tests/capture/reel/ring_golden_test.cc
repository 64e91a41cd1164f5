// Rings that were written once must be readable for ever, and RING.md must tell the truth.
#include <gtest/gtest.h>

#include <sstream>

#include "capture/reel/ring_chunk.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/scene.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {
namespace {

const std::string kGolden = CRASHREEL_SOURCE_DIR "/tests/golden/";
constexpr std::size_t kChunk = 0x4000;

// The document's example: "OFFSET  eight hex pairs | what they are", all else zero.
std::string example_chunk() {
  std::istringstream document(file_bytes(CRASHREEL_SOURCE_DIR "/capture/runtime/RING.md"));
  std::string line;
  while (std::getline(document, line) && line != "```hex") continue;
  std::string chunk(ring::kMinChunkBytes, '\0');
  while (std::getline(document, line) && line != "```") {
    std::istringstream words(line.substr(0, line.find('|')));
    std::size_t at = 0;
    words >> std::hex >> at;
    at -= kChunk;
    for (std::string pair; words >> pair; ++at) {
      chunk.at(at) = static_cast<char>(std::stoi(pair, nullptr, 16));
    }
  }
  return chunk;
}

TEST(RingFormat, TheDocumentsExampleCanBeRead) {
  const std::string chunk = example_chunk();
  const ChunkContent content = parse_chunk(chunk, 0);
  EXPECT_TRUE(content.damage.empty());
  EXPECT_TRUE(content.head.bank_is_sound);
  ASSERT_EQ(content.pieces.size(), 1u);
  EXPECT_EQ(chunk.substr(content.pieces[0].payload_at, content.pieces[0].size), "PING\n");
  EXPECT_EQ(content.pieces[0].session, 7u);
}

TEST(RingFormat, TheDocumentsExampleIsWhatARecorderWrote) {
  const std::string ring = file_bytes(kGolden + "v2-ping.ring");
  EXPECT_EQ(ring.substr(kChunk, ring::kMinChunkBytes), example_chunk());
}

// After a file "a.conf": session 1 opens and brings "number 0" to "number 2999", session 2 brings
// 6000 x, session 1 closes.
void expect_the_rolled_ring(const std::string& name) {
  const auto read = salvage_ring(kGolden + name);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->damage.none());
  const Reel& reel = read->reel;
  EXPECT_EQ(reel.files, (std::vector<ReelFile>{{"a.conf", 0600, "port 1\n"}}));
  EXPECT_EQ(reel.program.argv.at(0), "./recorded");
  EXPECT_EQ(reel.loss.overwritten_inputs + reel.inputs.size(), 3003u);
  for (const Input& input : reel.inputs) {
    if (input.seq == 0) {
      EXPECT_EQ(input.kind, InputKind::kOpen);
    } else if (input.seq <= 3000) {
      EXPECT_EQ(input.data, "number " + std::to_string(input.seq - 1));
    } else {
      EXPECT_EQ(input.data, std::string(input.seq == 3001 ? 6000 : 0, 'x'));
    }
  }
  EXPECT_EQ(reel.inputs.back().seq, 3002u);
  EXPECT_GT(prelude_of(reel), 80u);
}

TEST(RingFormat, RingsOfEachVersionAreReadForEver) {
  expect_the_rolled_ring("v1-rolled.ring");
  expect_the_rolled_ring("v2-rolled.ring");
}

// The same inputs, each payload with a sum behind it.
TEST(RingFormat, RingsWithPayloadSumsAreReadForEver) {
  expect_the_rolled_ring("v2-sums.ring");
  std::string ring = file_bytes(kGolden + "v2-sums.ring");
  const std::size_t at = ring.find("number 2999");
  ASSERT_NE(at, std::string::npos);
  ring[at] = 'N';
  const auto read = salvage_ring_bytes(std::as_bytes(std::span(ring)), "v2-sums.ring");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->damage.lost_inputs, 1u);
  for (const Input& input : read->reel.inputs) EXPECT_NE(input.data, "Number 2999");
}

TEST(RingFormat, ARingOfVersion1HasChecksOfItsOwn) {
  const std::string ring = file_bytes(kGolden + "v1-ping.ring");
  const std::string_view chunk = std::string_view(ring).substr(kChunk, ring::kMinChunkBytes);
  const ChunkContent content = parse_chunk(chunk, 0, {.version = 1});
  EXPECT_TRUE(content.damage.empty());
  EXPECT_TRUE(content.head.bank_is_sound);
  ASSERT_EQ(content.pieces.size(), 1u);
  EXPECT_EQ(chunk.substr(content.pieces[0].payload_at, content.pieces[0].size), "PING\n");
  EXPECT_TRUE(parse_chunk(chunk, 0).pieces.empty());
}

// Session 1 opens and says "auth", session 2 opens, says "over" and closes; "schema" is pinned as
// "old" and "new", "config" as a note; session 3 says "number 0" to "number 1999", session 1
// "last".
TEST(RingFormat, HeadsAndPinsOfEachVersionAreReadForEver) {
  const auto read = salvage_ring(kGolden + "v2-kept.ring");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->damage.none());
  const Reel& reel = read->reel;
  std::string beside;
  for (const Input& input : reel.inputs) {
    if (input.place == Place::kTail) break;
    beside += std::string(name_of(input.place)) + " " + input.data + ", ";
  }
  EXPECT_EQ(beside, "head app inbound, head auth, head old, head new, pinned verbose, ");
  EXPECT_EQ(reel.loss.overwritten_inputs + reel.inputs.size(), 2009u);
  EXPECT_EQ(reel.inputs.back().seq, 2008u);
  EXPECT_EQ(reel.inputs.back().data, "last");
}

}  // namespace
}  // namespace crashreel
