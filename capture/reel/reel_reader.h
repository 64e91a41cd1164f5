// What does a reel file say? FORMAT.md's reading half; ReelWriter is the other.
//
// The bytes may be hostile or damaged: whatever is whole is given, what is not is reported and
// counted, and the only errors are a file that can't be read at all and one that is no reel.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/byte_source.h"
#include "capture/reel/facts_codec.h"
#include "capture/reel/frame_map.h"
#include "capture/reel/reel.h"

namespace crashreel {

// What was lost on the way from the disk. Not to be confused with Loss, which production counted.
struct Damage {
  std::vector<std::string> notes;  // for people, each with its place in the file; at most kMaxNotes
  std::uint64_t lost_frames = 0;
  std::uint64_t lost_inputs = 0;  // as far as they can be counted: not behind lost facts

  bool none() const { return notes.empty() && lost_frames == 0 && lost_inputs == 0; }
};

struct ReadReel {
  Reel reel;
  Damage damage;
};

// A small forged file can claim to hold very much; this much is taken into memory unless asked for
// more.
inline constexpr std::uint64_t kMostBytesAtOnce = std::uint64_t{16} << 30;

// The whole file at once. `name` is the reel's in the errors' texts. A reel whose frames hold more
// than `most_bytes` when decompressed is refused.
Result<ReadReel> read_reel(const std::string& path, std::uint64_t most_bytes = kMostBytesAtOnce);
Result<ReadReel> parse_reel(std::string_view bytes, const std::string& name,
                            std::uint64_t most_bytes = kMostBytesAtOnce);

// Neighbouring inputs, as they lie in one frame.
struct InputBlock {
  std::uint64_t place = 0;  // of the first one in the reel
  std::vector<Input> inputs;
};

// The file piece by piece. Opening an intact one reads header, facts and index alone, whatever its
// size; memory is that of one frame. Damage is found where one reads: damage() grows.
class ReelReader {
 public:
  static Result<ReelReader> open(const std::string& path);
  // The bytes must outlive the reader.
  static Result<ReelReader> over(std::string_view bytes, const std::string& name);

  // Program, loss, crash, totals; nothing where both copies are lost.
  const std::optional<ReelFacts>& facts() const { return facts_; }

  // The files that travel in the reel, those that are whole.
  std::vector<ReelFile> files();

  // The next whole frame of inputs; nothing at the end.
  std::optional<InputBlock> next();

  // Makes next() go on with the frame that holds the input at `place`, or the next whole one.
  void seek(std::uint64_t place);
  // The same with the input of this seq, or the next one: some inputs before it may still come.
  // Where the index is damaged, all of them do.
  void seek_seq(std::uint64_t seq);

  // Reads what the other functions had no reason to: the second facts, the index where it was not
  // used. After files(), next() to the end and this, damage() is complete.
  void check_the_rest();

  const Damage& damage() const { return damage_; }
  std::uint64_t raw_bytes_read() const { return raw_bytes_read_; }

 private:
  ReelReader(std::unique_ptr<ByteSource> source, FrameMap map);
  static Result<ReelReader> over_source(std::unique_ptr<ByteSource> source,
                                        const std::string& name);

  std::optional<ReelFacts> read_facts();
  std::optional<std::string_view> raw_of(const FramePlace& frame);
  std::optional<std::vector<Input>> inputs_of(const FramePlace& frame);
  void lose(const FramePlace& frame, const std::string& why);
  void count_missing_frames();
  void count_inputs_before(std::uint64_t place);
  void note(std::string text);

  std::unique_ptr<ByteSource> source_;
  FrameMap map_;
  std::optional<ReelFacts> facts_;
  Damage damage_;
  std::set<std::uint32_t> lost_;      // ordinals of frames that are counted already
  std::size_t next_frame_ = 0;        // in map_.frames
  std::uint64_t expected_place_ = 0;  // of the input after those that were given
  std::optional<std::uint64_t> last_seq_;
  std::uint64_t raw_bytes_read_ = 0;
  std::uint16_t raw_version_ = kReelVersion;  // of the frame that was read last
  std::string stored_scratch_;
  std::string raw_scratch_;
};

}  // namespace crashreel
