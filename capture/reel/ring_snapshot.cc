#include "capture/reel/ring_snapshot.h"

#include <algorithm>
#include <cstring>
#include <optional>
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
// Stores wait for some hundred nanoseconds in a CPU's buffer, a pass takes longer. Only a forged
// ring gains old records for ever.
constexpr int kMostPasses = 64;
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
      const Result<bool> rests = settle();
      if (!rests) return rests.error();
      if (*rests || (round >= 2 && has_tail())) break;
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
    std::uint64_t last = 0;                // stamp of its last record
    std::uint64_t first_new = UINT64_MAX;  // of the first that the copy before did not have
    std::uint64_t prev_last = 0;           // of the last that it overwrote
    bool unreadable = false;
  };

  // Decides up to which stamp records count, and reads until all of them are there. A thread
  // commits its records in the order of their stamps, and stores become visible in the order in
  // which it made them: so whoever has seen one sees all earlier ones of that thread from then on.
  // But they may lie in a chunk that was read before. Hence another pass, over the commit words of
  // all chunks, until one finds no more that counts: all that it missed became visible after it,
  // and nothing that was copied depends on that. True: nothing at all has changed.
  Result<bool> settle() {
    newest_ = 0;
    for (const Copied& chunk : chunks_) newest_ = std::max(newest_, chunk.last);
    bool rests = true;
    for (int pass = 0; pass < kMostPasses; ++pass) {
      const Result<Changes> found = copy_changed();
      if (!found) return found.error();
      rests = rests && !found->any;
      if (!found->counts) break;
    }
    return rests;
  }

  struct Changes {
    bool any = false;
    bool counts = false;  // among them a record up to the newest that counts
  };

  Result<Changes> copy_changed() {
    Changes changes;
    for (std::uint32_t i = 0; i < chunks_.size(); ++i) {
      if (live_.commit_word(i) == chunks_[i].commit) continue;
      if (auto copied = copy(i); !copied) return copied.error();
      changes.any = true;
      changes.counts |= chunks_[i].first_new <= newest_;
    }
    return changes;
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
    chunks_[index] = {.commit = live_.commit_word(index), .unreadable = true};
    const std::string nothing(sizeof(ring::ChunkHeader), '\0');
    return file_.write(offset_of(index), nothing);
  }

  Result<void> take(std::uint32_t index, std::uint64_t commit) {
    const ChunkContent content = parse_chunk(copy_, index, format_);
    const auto& pieces = content.pieces;
    const Copied& before = chunks_[index];
    const bool goes_on = before.commit && *before.commit >> 32 == commit >> 32;
    const auto first_new = std::ranges::find_if(
        pieces, [&](const Piece& piece) { return !goes_on || piece.stamp > before.last; });
    chunks_[index] = {.commit = commit,
                      .last = pieces.empty() ? 0 : pieces.back().stamp,
                      .first_new = first_new == pieces.end() ? UINT64_MAX : first_new->stamp,
                      .prev_last = content.head.bank.prev_last};
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
