// Whatever a dying program left in its ring about its death, it is read within bounds, and a reel
// can hold what comes of it.
//
// The input: the crash region of a ring that is sound otherwise.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "capture/base/check.h"
#include "capture/reel/reel_writer.h"
#include "capture/reel/ring_crash_reader.h"
#include "capture/runtime/ring_crash.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/whole_salvage.h"

using namespace crashreel;

namespace {

// The region lies in what the chunks leave of the smallest ring.
FakeRing ring_with_room() {
  FakeRing ring({.chunks = 8});
  ring::Superblock& super = ring.super();
  super.crash_offset = ring.offset_of_chunk(super.chunk_count);
  super.crash_bytes = super.ring_bytes - super.crash_offset;
  CRASHREEL_CHECK(super.crash_bytes == ring::kMinCrashBytes);
  ring.seal_super();
  ring.chunk(0).data(10, "last words");
  return ring;
}

void read_and_check(const FakeRing& ring) {
  const auto image = RingImage::over(ring.bytes(), "fuzz");
  CRASHREEL_CHECK(image.has_value());
  const auto crash = read_ring_crash(*image);
  if (crash) {
    CRASHREEL_CHECK(crash->taken || !crash->report.empty());
    CRASHREEL_CHECK(crash->frames.size() <= ring::kMaxCrashFrames);
    CRASHREEL_CHECK(crash->report.size() + crash->stack.size() + crash->maps.size() <=
                    ring::kMinCrashBytes);
  }
  const auto read = salvage_ring_bytes(ring.bytes(), "fuzz");
  CRASHREEL_CHECK(read.has_value() && read->damage.none());
  const CrashFacts& facts = read->reel.crash;
  CRASHREEL_CHECK(facts.report == (crash ? crash->report : ""));
  CRASHREEL_CHECK(facts.code.has_value() || !facts.address.has_value());
  const auto again = parse_reel(serialize_reel(read->reel), "again");
  CRASHREEL_CHECK(again && again->reel == read->reel);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FakeRing ring = ring_with_room();
  const ring::Superblock& super = ring.super();
  unsigned char* region = ring.raw().data() + super.crash_offset;
  std::copy_n(data, std::min<std::size_t>(size, super.crash_bytes), region);
  read_and_check(ring);
  // As the ring's own process would have left it; no fuzzer guesses that number.
  reinterpret_cast<ring::CrashHeader*>(region)->pid = super.pid;
  read_and_check(ring);
  return 0;
}
