#include "capture/reel/ring_snapshot.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace crashreel {
namespace {

// A writer that takes a chunk again while it is read makes all of it void; a ring that small and
// busy is read anew so often, and then left with what its commit word says.
constexpr int kTries = 200;
// Each round reads what changed since the one before; the first takes long, so much has changed.
constexpr int kMostRounds = 16;
// Of heads and pins a copy may be read while it changes hands, and look damaged.
constexpr int kTriesOfCopies = 20;
// A stamp is claimed a moment before its thread's last store is seen by all; stores wait that long
// at most in a CPU's buffer.
constexpr auto kStoresArrive = std::chrono::microseconds(50);
// At once, of what lies before the chunks.
constexpr std::uint64_t kCopyBytes = 1 << 20;

class Copier {
 public:
  Copier(const RingImage& live, ScratchFile& file)
      : live_(live),
        file_(file),
        format_{live.super().version, live.super().payload_sum, true},
        chunks_(live.whole_chunks()) {}

  Result<void> copy_all() {
    for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
      if (auto copied = copy(i); !copied) return copied;
    }
    for (int round = 0; round < kMostRounds; ++round) {
      const Result<std::uint32_t> changed = copy_changed();
      if (!changed) return changed.error();
      if (*changed == 0 || (round >= 2 && has_tail())) break;
    }
    return {};
  }

  // All that does not lie in chunks.
  Result<void> copy_the_rest() {
    std::string scratch;
    const std::uint64_t end = std::min(live_.super().chunks_offset, live_.file_bytes());
    for (std::uint64_t at = 0; at < end; at += kCopyBytes) {
      const auto bytes = live_.bytes(at, std::min(kCopyBytes, end - at), scratch);
      if (!bytes) continue;  // zeros: what stood there is damaged, and salvage will say so
      if (auto written = file_.write(at, *bytes); !written) return written;
    }
    return {};
  }

  std::uint64_t newest() const { return newest_; }

  ChunkNotes unreadable() const {
    ChunkNotes notes;
    for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
      if (chunks_[i].unreadable) notes[i].emplace_back("can't be read");
    }
    return notes;
  }

 private:
  struct Copied {
    std::optional<std::uint64_t> commit;
    std::uint64_t last = 0;       // stamp of its last record
    std::uint64_t prev_last = 0;  // and of the last that it overwrote
    bool unreadable = false;
  };

  // Everything that was committed when this began is in the copy then. How many chunks had changed?
  Result<std::uint32_t> copy_changed() {
    newest_ = 0;
    for (const Copied& chunk : chunks_) newest_ = std::max(newest_, chunk.last);
    std::this_thread::sleep_for(kStoresArrive);
    std::uint32_t changed = 0;
    for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
      if (live_.commit_word(i) == chunks_[i].commit) continue;
      if (auto copied = copy(i); !copied) return copied.error();
      ++changed;
    }
    return changed;
  }

  // The records that count reach further than what was lost of them.
  bool has_tail() const {
    std::uint64_t horizon = 0;
    for (std::uint32_t i = live_.super().prelude_chunks; i < chunks_.size(); ++i) {
      horizon = std::max(horizon, chunks_[i].prev_last);
    }
    return newest_ > horizon;
  }

  // Records and bank of a generation never change once they are committed. So it is enough that the
  // generation is the same before and after; what was committed meanwhile is left for later.
  Result<void> copy(std::uint32_t index) {
    for (int i = 0; i < kTries; ++i) {
      const auto before = live_.commit_word(index);
      const auto bytes = live_.chunk(index, scratch_);
      const auto after = live_.commit_word(index);
      if (!before || !bytes || !after) break;
      if (*before >> 32 != *after >> 32 && i + 1 < kTries) continue;
      copy_.assign(*bytes);
      std::memcpy(copy_.data(), &*before, sizeof *before);
      return take(index, *before);
    }
    chunks_[index] = {live_.commit_word(index), 0, 0, true};
    const std::string nothing(sizeof(ring::ChunkHeader), '\0');
    return file_.write(offset_of(index), nothing);
  }

  Result<void> take(std::uint32_t index, std::uint64_t commit) {
    const ChunkContent content = parse_chunk(copy_, index, format_);
    const auto& pieces = content.pieces;
    chunks_[index] = {commit, pieces.empty() ? 0 : pieces.back().stamp, content.head.bank.prev_last,
                      false};
    if (!content.head.used) return {};
    return file_.write(offset_of(index), copy_);
  }

  std::uint64_t offset_of(std::uint32_t index) const {
    return live_.super().chunks_offset + std::uint64_t{index} * live_.super().chunk_bytes;
  }

  const RingImage& live_;
  ScratchFile& file_;
  const ChunkFormat format_;
  std::vector<Copied> chunks_;
  std::uint64_t newest_ = 0;
  std::string scratch_;
  std::string copy_;
};

}  // namespace

Result<RingSnapshot> take_snapshot(const RingImage& live, const std::string& name,
                                   const std::string& scratch_folder) {
  Result<ScratchFile> file = ScratchFile::in(scratch_folder, live.file_bytes());
  if (!file) return file.error();
  Copier copier(live, *file);
  if (auto copied = copier.copy_all(); !copied) return copied.error();
  RingSnapshot snapshot;
  snapshot.newest = copier.newest();
  snapshot.unreadable = copier.unreadable();
  for (int i = 0; i < kTriesOfCopies; ++i) {
    if (auto copied = copier.copy_the_rest(); !copied) return copied.error();
    auto image = RingImage::over_source(file->source(), name);
    if (!image) return image.error();
    snapshot.copies = read_copies(*image);
    snapshot.image = std::make_shared<const RingImage>(std::move(*image));
    if (snapshot.copies.damage.empty()) break;
  }
  std::erase_if(snapshot.copies.copies,
                [&](const RingCopy& copy) { return copy.input.stamp > snapshot.newest; });
  return snapshot;
}

}  // namespace crashreel
