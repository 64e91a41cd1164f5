#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/crc32c.h"
#include "capture/reel/reel_format.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Reel read_back(const Reel& reel, std::size_t frame_bytes = kFrameTargetBytes) {
  const Result<ReadReel> read = parse_reel(serialize_reel(reel, frame_bytes), "test.reel");
  EXPECT_TRUE(read && read->damage.none());
  return read ? read->reel : Reel();
}

std::string error_of(std::string_view bytes) {
  const Result<ReadReel> read = parse_reel(bytes, "x.reel");
  return read ? "no error" : read.error().message;
}

// Many sessions, threads, sizes and gaps, the same on every run.
Reel long_reel(std::size_t inputs) {
  Reel reel = full_reel();
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  Input input = reel.inputs.back();
  for (std::size_t i = 0; i < inputs; ++i) {
    input.seq += 1 + (draw(10) == 0 ? draw(1000000) : 0);
    input.time_ns += draw(1000000) - 1000;
    input.thread = static_cast<std::uint32_t>(draw(4));
    input.session = draw(20) == 0 ? kNoSession : static_cast<std::uint32_t>(draw(50));
    input.kind = static_cast<InputKind>(1 + draw(7));
    input.data.assign(draw(200), static_cast<char>(draw(256)));
    reel.inputs.push_back(input);
  }
  return reel;
}

TEST(ReelFile, GivesBackWhatWasWritten) {
  for (const char* text : {"", "1:GET", "1+ 1:GET 2+ 2:SET 1- !11", "#18446744073709551615 ?last",
                           "@18446744073709551615 0: @0 0: @18446744073709551615 0:"}) {
    const Reel reel = scene(text);
    EXPECT_EQ(read_back(reel), reel) << text;
  }
  EXPECT_EQ(read_back(Reel()), Reel());
  EXPECT_EQ(read_back(full_reel()), full_reel());
}

TEST(ReelFile, GivesBackLongReelsWhateverTheFrameSize) {
  const Reel reel = long_reel(20000);
  for (std::size_t frame_bytes : {std::size_t{1}, std::size_t{1000}, kFrameTargetBytes})
    EXPECT_TRUE(read_back(reel, frame_bytes) == reel) << frame_bytes;
}

TEST(ReelFile, HoldsInputsLargerThanAFrameAndEmptyOnesWithoutEnd) {
  Reel reel = scene("1:a 1:b 1:c");
  reel.inputs[1].data.assign(3 * kFrameTargetBytes, 'x');
  EXPECT_TRUE(read_back(reel) == reel);
  Input empty = reel.inputs[2];
  empty.data.clear();
  for (std::uint64_t i = 0; i < kMaxFrameInputs + 10; ++i)
    ++empty.seq, reel.inputs.push_back(empty);
  EXPECT_TRUE(read_back(reel, std::size_t{1} << 30) == reel);
}

TEST(ReelFile, IsTheSameFromFileAndFromMemory) {
  const Folder folder;
  const Reel reel = long_reel(5000);
  ASSERT_TRUE(write_reel(reel, folder / "a.reel"));
  EXPECT_TRUE(file_bytes(folder / "a.reel") == serialize_reel(reel));
  const Result<ReadReel> read = read_reel(folder / "a.reel");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->reel == reel);
  EXPECT_TRUE(read->damage.none());
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(ReelReader, SaysTheTotalsWithoutReadingTheInputs) {
  const Reel reel = long_reel(5000);
  std::string bytes = serialize_reel(reel);
  // What lies in the middle is destroyed, and opening does not even notice.
  bytes.replace(bytes.size() / 3, bytes.size() / 3, bytes.size() / 3, '?');
  const Result<ReelReader> reader = ReelReader::over(bytes, "test.reel");
  ASSERT_TRUE(reader && reader->facts());
  EXPECT_TRUE(reader->damage().none());
  EXPECT_EQ(reader->facts()->program, reel.program);
  EXPECT_EQ(reader->facts()->totals.inputs, reel.inputs.size());
  EXPECT_EQ(reader->facts()->totals.sessions, 50u + 3u - 2u);
  EXPECT_LT(reader->raw_bytes_read(), 1000u);
}

TEST(ReelReader, SeeksToAnyInput) {
  const Reel reel = long_reel(300);
  const std::string bytes = serialize_reel(reel, 500);
  Result<ReelReader> reader = ReelReader::over(bytes, "test.reel");
  ASSERT_TRUE(reader);
  for (std::size_t place = reel.inputs.size(); place-- > 0;) {
    reader->seek(place);
    const std::optional<InputBlock> block = reader->next();
    ASSERT_TRUE(block && block->place <= place);
    ASSERT_LT(place - block->place, block->inputs.size());
    EXPECT_EQ(block->inputs[place - block->place], reel.inputs[place]);
  }
  reader->seek(reel.inputs.size());
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->damage().none());
}

TEST(ReelReader, SeeksToTheInputOfAnySeq) {
  const Reel reel = long_reel(300);
  const std::string bytes = serialize_reel(reel, 500);
  Result<ReelReader> reader = ReelReader::over(bytes, "test.reel");
  ASSERT_TRUE(reader);
  for (std::size_t i = 1; i < reel.inputs.size(); ++i) {
    // The seq itself, and one that is not there or is the one before.
    for (const std::uint64_t seq : {reel.inputs[i].seq, reel.inputs[i].seq - 1}) {
      reader->seek_seq(seq);
      std::optional<InputBlock> block = reader->next();
      ASSERT_TRUE(block && block->inputs.front().seq <= seq);
      if (block->inputs.back().seq < seq) block = reader->next();
      EXPECT_GE(block->inputs.back().seq, seq);
    }
  }
  reader->seek_seq(UINT64_MAX);
  ASSERT_TRUE(reader->next());
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->damage().none());
}

TEST(ReelReader, ReadsNoMoreThanTheInputThatItIsSentTo) {
  const Reel reel = long_reel(5000);
  std::string bytes = serialize_reel(reel, 2000);
  // What lies in the first half is destroyed, and nobody who looks behind it even notices.
  bytes.replace(bytes.size() / 4, bytes.size() / 4, bytes.size() / 4, '?');
  Result<ReelReader> reader = ReelReader::over(bytes, "test.reel");
  ASSERT_TRUE(reader);
  const Input& wanted = reel.inputs[4000];
  reader->seek_seq(wanted.seq);
  const std::optional<InputBlock> block = reader->next();
  ASSERT_TRUE(block && block->place <= 4000);
  EXPECT_EQ(block->inputs.at(4000 - block->place), wanted);
  EXPECT_TRUE(reader->damage().none());
  EXPECT_LT(reader->raw_bytes_read(), 5000u);
}

TEST(ReelReader, FindsASeqWithoutAnIndex) {
  const Reel reel = long_reel(300);
  std::string bytes = serialize_reel(reel, 500);
  bytes.resize(bytes.size() - 1);
  Result<ReelReader> reader = ReelReader::over(bytes, "test.reel");
  ASSERT_TRUE(reader);
  reader->seek_seq(reel.inputs[200].seq);
  std::optional<InputBlock> block = reader->next();
  while (block && block->inputs.back().seq < reel.inputs[200].seq) block = reader->next();
  ASSERT_TRUE(block && block->place <= 200);
  EXPECT_EQ(block->inputs.at(200 - block->place), reel.inputs[200]);
}

TEST(ReelReader, SaysWhatAFileIsThatIsNoReel) {
  EXPECT_EQ(error_of(""), "x.reel: is empty; its writer did not finish");
  EXPECT_EQ(error_of("hello \"world\""), "x.reel: not a reel: begins with \"hello \\x22w\"");
  EXPECT_EQ(error_of(std::string("\x89"
                                 "CRRING\n and more")),
            "x.reel: is a ring, not a reel; make a reel of it with `crashreel salvage`");
  EXPECT_THAT(error_of(kReelMagic), HasSubstr("x.reel: no frame is whole in its 8 bytes"));
}

TEST(ReelReader, NamesAVersionThatItDoesNotRead) {
  std::string bytes = serialize_reel(scene("1:GET"));
  bytes.replace(0, kReelHeaderBytes, encode(ReelHeader{.version = 7}));
  EXPECT_EQ(error_of(bytes),
            "x.reel: version 7; this build reads 1 to 2: use the crashreel that wrote it");
  bytes.replace(0, kReelHeaderBytes, encode(ReelHeader{.flags = 4}));
  EXPECT_THAT(error_of(bytes), HasSubstr("flags 4 are unknown"));
}

TEST(ReelReader, SaysWhyAPathCanNotBeRead) {
  const Folder folder;
  const Result<ReadReel> missing = read_reel(folder / "none.reel");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().trouble, Trouble::kEnvironment);
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("none.reel"), HasSubstr("check the path")));
  const Result<ReadReel> directory = read_reel(folder.path());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().trouble, Trouble::kUsage);
  EXPECT_THAT(directory.error().message, HasSubstr("is a folder"));
  EXPECT_THAT(read_reel("/dev/null").error().message, HasSubstr("no regular file"));
}

TEST(ReelReader, TakesNoMoreIntoMemoryThanAsked) {
  const Result<ReadReel> read = parse_reel(serialize_reel(long_reel(5000)), "x.reel", 100000);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("holds more than 100000 bytes"));
}

// Gives other inputs the second time.
class Fickle : public InputSource {
 public:
  Fickle(std::vector<Input> first, std::vector<Input> then)
      : first_(std::move(first)), then_(std::move(then)) {}

  void rewind() override {
    ++times_;
    next_ = 0;
  }
  const Input* next() override {
    const std::vector<Input>& inputs = times_ == 1 ? first_ : then_;
    return next_ < inputs.size() ? &inputs[next_++] : nullptr;
  }

 private:
  std::vector<Input> first_, then_;
  int times_ = 0;
  std::size_t next_ = 0;
};

TEST(ReelWriter, WritesNoReelOfInputsThatChangeMeanwhile) {
  const Folder folder;
  const std::vector<Input> inputs = long_reel(50).inputs;
  std::vector<Input> fewer = inputs, more = inputs, other = inputs;
  fewer.pop_back();
  more.push_back(inputs.back());
  other.back().data += "x";
  for (const std::vector<Input>& then : {fewer, more, other}) {
    Fickle fickle(inputs, then);
    const Result<void> written = write_reel(Reel(), fickle, folder / "a.reel");
    ASSERT_FALSE(written.has_value());
    EXPECT_THAT(written.error().message, HasSubstr("changed between counting and writing"));
    EXPECT_EQ(folder.entries(), 0u);
  }
  Fickle steady(inputs, inputs);
  EXPECT_TRUE(write_reel(Reel(), steady, folder / "a.reel").has_value());
}

TEST(ReelWriter, RefusesWhatTheFormatCanNotHold) {
  const auto refusal = [](const Reel& reel) {
    const Result<void> checked = check_reel(reel, "x.reel");
    return checked ? "none" : checked.error().message;
  };
  EXPECT_EQ(refusal(full_reel()), "none");
  EXPECT_EQ(refusal(scene("#5 1:a #5 1:b")),
            "x.reel: can't be written as a reel: input 1: seq 5 does not rise above 5");
  Reel reel = scene("1:a");
  reel.inputs[0].place = static_cast<Place>(4);
  EXPECT_THAT(refusal(reel), HasSubstr("input 0: place 4 is none"));
  reel = scene("1:a");
  reel.inputs[0].kind = static_cast<InputKind>(10);
  EXPECT_THAT(refusal(reel), HasSubstr("input 0: kind 10 is none"));
  reel = Reel();
  reel.program.argv.resize(kMaxListEntries + 1);
  EXPECT_THAT(refusal(reel), HasSubstr("arguments of the program: 65537 exceeds 65536"));
  const Folder folder;
  EXPECT_FALSE(write_reel(reel, folder / "a.reel"));
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace crashreel
