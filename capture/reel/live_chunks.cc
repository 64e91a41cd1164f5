#include "capture/reel/live_chunks.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

namespace crashreel {
namespace {

// A writer that takes a chunk again while it is read makes all of it void; a ring that small and
// busy is read anew so often, and then left with what its commit word says.
constexpr int kTries = 200;
// Each round reads what changed since the one before; the first takes long, so much has changed.
constexpr int kMostRounds = 16;
// A stamp is claimed a moment before its thread's last store is seen by all; stores wait that long
// at most in a CPU's buffer.
constexpr auto kStoresArrive = std::chrono::microseconds(50);

class LiveReader {
 public:
  explicit LiveReader(const RingImage& image)
      : image_(image),
        format_{image.super().version, image.super().payload_sum, true},
        commits_(image.whole_chunks()) {
    result_.contents.resize(commits_.size());
    for (std::uint32_t i = 0; i < commits_.size(); ++i) read(i);
  }

  // Everything that was committed when this began is in there. How many chunks had changed?
  std::uint32_t read_changed() {
    result_.newest = newest_now();
    std::this_thread::sleep_for(kStoresArrive);
    std::uint32_t changed = 0;
    for (std::uint32_t i = 0; i < commits_.size(); ++i) {
      if (image_.commit_word(i) == commits_[i]) continue;
      read(i);
      ++changed;
    }
    return changed;
  }

  // The records that count reach further than what was lost of them.
  bool has_tail() const {
    std::uint64_t horizon = 0;
    for (std::uint32_t i = image_.super().prelude_chunks; i < commits_.size(); ++i) {
      horizon = std::max(horizon, result_.contents[i].bank.prev_last);
    }
    return result_.newest > horizon;
  }

  LiveChunks take() {
    for (ChunkContent& content : result_.contents) {
      std::erase_if(content.pieces,
                    [&](const Piece& piece) { return piece.stamp > result_.newest; });
    }
    return std::move(result_);
  }

 private:
  std::uint64_t newest_now() const {
    std::uint64_t newest = 0;
    for (const ChunkContent& content : result_.contents) {
      if (!content.pieces.empty()) newest = std::max(newest, content.pieces.back().stamp);
    }
    return newest;
  }

  // Records and bank of a generation never change once they are committed. So it is enough that the
  // generation is the same before and after; what was committed meanwhile is left for later.
  void read(std::uint32_t index) {
    for (int i = 0; i < kTries; ++i) {
      const auto before = image_.commit_word(index);
      const auto bytes = image_.chunk(index, scratch_);
      const auto after = image_.commit_word(index);
      if (!before || !bytes || !after) return unreadable(index);
      if (*before >> 32 != *after >> 32 && i + 1 < kTries) continue;
      copy_.assign(*bytes);
      std::memcpy(copy_.data(), &*before, sizeof *before);
      commits_[index] = *before;
      result_.contents[index] = parse_chunk(copy_, index, format_);
      return;
    }
  }

  void unreadable(std::uint32_t index) {
    ChunkContent content;
    content.used = content.unusable = true;
    content.damage.push_back("can't be read");
    result_.contents[index] = std::move(content);
    commits_[index] = image_.commit_word(index);
  }

  const RingImage& image_;
  const ChunkFormat format_;
  std::vector<std::optional<std::uint64_t>> commits_;
  std::string scratch_;
  std::string copy_;
  LiveChunks result_;
};

}  // namespace

LiveChunks read_live_chunks(const RingImage& image) {
  LiveReader reader(image);
  for (int round = 0; round < kMostRounds; ++round) {
    const std::uint32_t changed = reader.read_changed();
    if (changed == 0 || (round >= 2 && reader.has_tail())) break;
  }
  return reader.take();
}

}  // namespace crashreel
