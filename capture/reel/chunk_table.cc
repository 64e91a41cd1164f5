#include "capture/reel/chunk_table.h"

#include <algorithm>
#include <utility>

namespace crashreel {
namespace {

constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 62;

void take_bank(const ring::Bank& bank, bool prelude, ChunkTable& table) {
  add_bounded(table.overwritten_inputs, bank.lost_inputs);
  add_bounded(table.overwritten_bytes, bank.lost_bytes);
  table.clock_pairs.push_back(bank.pair);
  if (prelude) return;
  table.horizon = std::max(table.horizon, bank.prev_last);
  table.pool_earliest = std::min(table.pool_earliest, bank.earliest);
}

void take_head(const RingImage& image, std::uint32_t index, std::string& scratch,
               ChunkTable& table) {
  const auto bytes = image.bytes_of_chunk(index, 0, sizeof(ring::ChunkHeader), scratch);
  if (!bytes) {
    ++table.lost_chunks;
    table.notes[index].emplace_back("can't be read");
    return;
  }
  const ChunkHead head = read_head(*bytes, image.super().chunk_bytes, index, table.format);
  if (!head.used) return;
  table.chunks.push_back({index, 0, std::min(head.totals.last_stamp, table.newest)});
  if (head.bank_is_sound) return take_bank(head.bank, image.is_prelude(index), table);
  if (image.is_prelude(index) || head.unusable) return;
  const ChunkContent content = walk_chunk(image, table, index, scratch);
  if (content.pieces.empty()) return;
  table.pool_earliest = std::min(table.pool_earliest, content.pieces.front().stamp);
}

}  // namespace

void note(Damage& damage, std::string text) {
  if (damage.notes.size() < kMaxNotes) damage.notes.push_back(std::move(text));
}

void add_bounded(std::uint64_t& sum, std::uint64_t value) {
  sum = std::min(kMostCounted, sum + std::min(value, kMostCounted));
}

ChunkTable read_chunk_table(const RingImage& image, bool live, std::uint64_t newest) {
  ChunkTable table;
  table.format = {image.super().version, image.super().payload_sum, live};
  table.newest = newest;
  std::string scratch;
  const std::uint32_t whole = image.whole_chunks();
  const std::uint32_t count = image.super().chunk_count;
  for (std::uint32_t i = 0; i < whole; ++i) take_head(image, i, scratch, table);
  if (whole == count) return table;
  table.lost_chunks += count - whole;
  table.cut = "chunks " + std::to_string(whole) + " to " + std::to_string(count - 1) +
              ": the file ends at byte " + std::to_string(image.file_bytes()) + " of " +
              std::to_string(image.super().ring_bytes);
  return table;
}

void measure_spans(const RingImage& image, ChunkTable& table) {
  std::string scratch;
  for (ChunkSpan& span : table.chunks) {
    const ChunkContent content = walk_chunk(image, table, span.chunk, scratch);
    span.first = content.pieces.empty() ? 0 : content.pieces.front().stamp;
    span.last = content.pieces.empty() ? 0 : content.pieces.back().stamp;
  }
}

ChunkContent walk_chunk(const RingImage& image, const ChunkTable& table, std::uint32_t chunk,
                        std::string& scratch) {
  const auto bytes = image.chunk(chunk, scratch);
  if (!bytes) {
    ChunkContent content;
    content.head.used = content.head.unusable = true;
    content.damage.emplace_back("can't be read");
    return content;
  }
  ChunkContent content = parse_chunk(*bytes, chunk, table.format);
  while (!content.pieces.empty() && content.pieces.back().stamp > table.newest) {
    content.pieces.pop_back();
  }
  return content;
}

}  // namespace crashreel
