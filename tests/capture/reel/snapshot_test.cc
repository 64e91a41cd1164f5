// What is read of a ring that changes between two reads, at each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "capture/reel/ring_snapshot.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::Contains;

// Tells somebody before each read.
class WatchedBytes : public ByteSource {
 public:
  using Watcher = std::function<void(std::uint64_t at, std::uint64_t size)>;

  WatchedBytes(const FakeRing& ring, Watcher before) : ring_(ring), before_(std::move(before)) {}

  std::uint64_t size() const override { return ring_.bytes().size(); }
  std::optional<std::string_view> view(std::uint64_t at, std::uint64_t size,
                                       std::string& scratch) const override {
    before_(at, size);
    const auto* bytes = reinterpret_cast<const char*>(ring_.bytes().data());
    scratch.assign(bytes + at, size);
    return scratch;
  }

 private:
  const FakeRing& ring_;
  Watcher before_;
};

// The stamps that count.
std::vector<std::uint64_t> stamps_in(const RingSnapshot& snapshot) {
  std::vector<std::uint64_t> stamps;
  const ChunkTable table = read_chunk_table(*snapshot.image, true, snapshot.newest);
  std::string scratch;
  for (std::uint32_t i = 0; i < snapshot.image->whole_chunks(); ++i) {
    for (const Piece& piece : walk_chunk(*snapshot.image, table, i, scratch).pieces) {
      stamps.push_back(piece.stamp - kFakeStart);
    }
  }
  return stamps;
}

// A thread's records 20 and 30 lie in the chunks 1 and 2. They become visible, in this order, only
// before the so many-th read of chunk 2's commit word, when chunk 1 has been read; another thread
// writes on all the time. Gives what a snapshot shows; nothing once there are no so many reads.
std::optional<std::vector<std::uint64_t>> stamps_when_seen_at(int read) {
  FakeRing ring;
  FakeChunk first = ring.chunk(1);
  FakeChunk busy = ring.chunk(3, {.slot = 1});
  first.data(10, "");
  busy.data(100, "");
  std::uint64_t last = 100;
  int reads = 0;
  const auto before = [&](std::uint64_t at, std::uint64_t size) {
    if (at == ring.offset_of_chunk(2) && size == sizeof(std::uint64_t) && reads++ == read) {
      first.data(20, "");
      ring.chunk(2).data(30, "");
    }
    if (at == ring.offset_of_chunk(3) && size == ring::kMinChunkBytes) busy.data(++last, "");
  };
  const Folder folder;
  const auto live = RingImage::over_source(std::make_unique<WatchedBytes>(ring, before), "live");
  const auto snapshot = take_snapshot(*live, "live", folder.path());
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  if (reads <= read) return std::nullopt;
  return stamps_in(*snapshot);
}

TEST(RingSnapshot, ShowsNoRecordWithoutThoseBeforeItOfTheSameThread) {
  int reads = 0;
  while (const auto stamps = stamps_when_seen_at(reads)) {
    EXPECT_THAT(*stamps, Contains(10u)) << reads;
    EXPECT_THAT(*stamps, Contains(100u)) << reads;
    const bool shows_later = std::ranges::count(*stamps, 30u) != 0;
    EXPECT_TRUE(!shows_later || std::ranges::count(*stamps, 20u) != 0) << "at read " << reads;
    ++reads;
  }
  EXPECT_GT(reads, 4);
}

}  // namespace
}  // namespace crashreel
