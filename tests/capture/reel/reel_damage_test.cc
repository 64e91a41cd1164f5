// What is left of a reel when its file is not what it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "capture/reel/crc32c.h"
#include "capture/reel/reel_format.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Five inputs frames of two inputs each, a file, and facts.
Reel small_reel() {
  Reel reel = scene("1:a0 1:a1 2:b0 2:b1 1:c0 3:c1 1:d0 1:d1 2:e0 !11");
  reel.program.executable = "/usr/bin/tool";
  reel.files = {{"tool.conf", 0600, "port 1\n"}};
  mark_prelude(reel, 3);
  return reel;
}

std::string small_file() {
  return serialize_reel(small_reel(), 80);
}

struct PlacedFrame {
  std::size_t begin;
  std::size_t end;
  FrameHeader header;
};

std::vector<PlacedFrame> frames_of(const std::string& bytes) {
  std::vector<PlacedFrame> frames;
  for (std::size_t at = kReelHeaderBytes;;) {
    const auto header = decode_frame_header(std::string_view(bytes).substr(at));
    if (!header) return frames;
    const std::size_t end = at + kFrameHeaderBytes + header->stored_bytes;
    frames.push_back({at, end, *header});
    at = end;
  }
}

// The inputs of the small reel but those of the frames that `gone` names.
template <typename Gone>
std::vector<Input> inputs_without(const std::vector<PlacedFrame>& frames, Gone gone) {
  const Reel reel = small_reel();
  std::vector<Input> left;
  for (const PlacedFrame& frame : frames)
    for (std::size_t i = 0; !gone(frame) && i < frame.header.inputs; ++i)
      left.push_back(reel.inputs[frame.header.place + i]);
  return left;
}

TEST(ReelDamage, TheSmallReelHasTheFramesThatTheseTestsNeed) {
  std::map<FrameType, int> count;
  for (const PlacedFrame& frame : frames_of(small_file())) ++count[frame.header.type];
  EXPECT_EQ(count[FrameType::kInputs], 5);
  EXPECT_EQ(count[FrameType::kFacts], 2);
  EXPECT_EQ(count[FrameType::kFile], 1);
  EXPECT_EQ(count[FrameType::kIndex], 1);
}

TEST(ReelDamage, EveryFlippedBitIsNoticedAndCostsItsFrameAlone) {
  const std::string whole = small_file();
  const std::vector<PlacedFrame> frames = frames_of(whole);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    const Result<ReadReel> read = parse_reel(bytes, "x.reel");
    ASSERT_TRUE(read) << "bit " << bit << ": " << read.error().message;
    const auto hit = [&](const PlacedFrame& f) { return f.begin <= bit / 8 && bit / 8 < f.end; };
    const std::vector<Input> left = inputs_without(frames, hit);
    EXPECT_FALSE(read->damage.notes.empty()) << "bit " << bit;
    EXPECT_EQ(read->damage.lost_frames, std::count_if(frames.begin(), frames.end(), hit));
    EXPECT_EQ(read->damage.lost_inputs, 10 - left.size());
    EXPECT_EQ(read->reel.inputs, left) << "bit " << bit;
    EXPECT_EQ(read->reel.program, small_reel().program) << "bit " << bit;
  }
}

TEST(ReelReader, KeepsEveryWholeInputWhenCutAtAnyByte) {
  const std::string whole = small_file();
  const std::vector<PlacedFrame> frames = frames_of(whole);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Result<ReadReel> read = parse_reel(whole.substr(0, size), "x.reel");
    ASSERT_EQ(read.has_value(), size >= frames[0].end) << size;
    if (!read) continue;
    const auto gone = [&](const PlacedFrame& frame) { return frame.end > size; };
    const std::vector<Input> left = inputs_without(frames, gone);
    EXPECT_EQ(read->reel.inputs, left) << size;
    EXPECT_EQ(read->reel.program, small_reel().program) << size;
    EXPECT_EQ(read->damage.lost_inputs, 10 - left.size()) << size;
    EXPECT_EQ(read->damage.lost_frames, std::count_if(frames.begin(), frames.end(), gone));
    EXPECT_FALSE(read->damage.none()) << size;
  }
}

TEST(ReelDamage, ByteTakenOutOrPutInCostsItsFrameAlone) {
  const std::string whole = small_file();
  const std::vector<PlacedFrame> frames = frames_of(whole);
  const auto expect_left = [&](const std::string& bytes, std::size_t at, auto hit) {
    const Result<ReadReel> read = parse_reel(bytes, "x.reel");
    ASSERT_TRUE(read) << at << ": " << read.error().message;
    EXPECT_FALSE(read->damage.none()) << at;
    EXPECT_EQ(read->reel.inputs, inputs_without(frames, hit)) << at;
    EXPECT_EQ(read->reel.program, small_reel().program) << at;
  };
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string shorter = whole;
    shorter.erase(at, 1);
    expect_left(shorter, at, [at](const PlacedFrame& f) { return f.begin <= at && at < f.end; });
    std::string longer = whole;
    longer.insert(at, 1, 'Z');
    expect_left(longer, at, [at](const PlacedFrame& f) { return f.begin < at && at < f.end; });
  }
}

TEST(ReelDamage, LostBlocksCostWhatLayInThem) {
  const std::string whole = small_file();
  const std::vector<PlacedFrame> frames = frames_of(whole);
  for (std::size_t begin = 0; begin < whole.size(); begin += 7)
    for (std::size_t size : {30u, 100u, 300u}) {
      const std::size_t end = std::min(begin + size, whole.size());
      std::string bytes = whole;
      std::fill(bytes.begin() + static_cast<long>(begin), bytes.begin() + static_cast<long>(end),
                '\0');
      const Result<ReadReel> read = parse_reel(bytes, "x.reel");
      ASSERT_TRUE(read) << begin << " " << size;
      const auto hit = [&](const PlacedFrame& f) { return f.begin < end && begin < f.end; };
      EXPECT_EQ(read->reel.inputs, inputs_without(frames, hit)) << begin << " " << size;
    }
}

TEST(ReelDamage, FramesOfAReelThatWasSentAsAnInputAreNotTakenForOnesOwn) {
  Reel carrier = scene("1:before 1:payload 1:after");
  carrier.inputs[1].data = serialize_reel(scene("7:stranger 7:danger"), 80);
  const std::string whole = serialize_reel(carrier, 80);
  // Neither the header of the frame around it nor trailer and index are there to skip it by.
  const std::size_t hurt = frames_of(whole)[2].begin;
  std::string bytes = whole.substr(0, whole.size() - 1);
  bytes[hurt] = '?';
  const Result<ReadReel> read = parse_reel(bytes, "x.reel");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->damage.lost_inputs, 1u);
  ASSERT_EQ(read->reel.inputs.size(), 2u);
  EXPECT_EQ(read->reel.inputs[0].data, "before");
  EXPECT_EQ(read->reel.inputs[1].data, "after");
}

TEST(ReelDamage, SaysWhichInputsAreLostAndWhere) {
  std::string bytes = small_file();
  const PlacedFrame hurt = frames_of(bytes)[4];
  bytes[hurt.end - 1] = '?';
  const Result<ReadReel> read = parse_reel(bytes, "x.reel");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->damage.notes,
              Contains("frame 4 (inputs 4 to 5) at byte " + std::to_string(hurt.begin) +
                       ": its checksum or its header differs"));
  EXPECT_THAT(read->damage.notes, Contains("inputs 4 to 5 (2) are lost"));
}

TEST(ReelDamage, FramesInTheWrongOrderAreNotRead) {
  const std::string whole = small_file();
  const std::vector<PlacedFrame> frames = frames_of(whole);
  const auto part = [&](std::size_t i) {
    return whole.substr(frames[i].begin, frames[i].end - frames[i].begin);
  };
  // The third inputs frame comes before the second, the fourth twice.
  const std::string bytes = whole.substr(0, frames[3].begin) + part(4) + part(3) + part(5) +
                            part(5) + whole.substr(frames[6].begin);
  const Result<ReadReel> read = parse_reel(bytes, "x.reel");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->damage.lost_inputs, 2u);
  for (std::size_t i = 1; i < read->reel.inputs.size(); ++i)
    EXPECT_LT(read->reel.inputs[i - 1].seq, read->reel.inputs[i].seq);
}

TEST(ReelDamage, BytesBehindTheEndAreReported) {
  const Result<ReadReel> read = parse_reel(small_file() + "more", "x.reel");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reel, small_reel());
  EXPECT_FALSE(read->damage.none());
  EXPECT_EQ(read->damage.lost_frames, 0u);
}

// A forged file of nothing but frame headers that each claim the rest of it: reading must not check
// the rest once for each.
TEST(ReelReader, ReadsForgedOverlappingFramesInLinearTime) {
  std::string bytes = encode(ReelHeader{});
  constexpr std::uint32_t kHeaders = 50000;
  for (std::uint32_t i = 0; i < kHeaders; ++i)
    bytes += encode(FrameHeader{.type = FrameType::kFile,
                                .ordinal = i,
                                .stored_bytes = (kHeaders - 1 - i) * 44 + 20,
                                .raw_bytes = (kHeaders - 1 - i) * 44 + 20});
  bytes += std::string(50, '?');
  EXPECT_FALSE(parse_reel(bytes, "x.reel"));
}

}  // namespace
}  // namespace crashreel
