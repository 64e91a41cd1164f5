// Whatever the bytes are, the reader gives a reel that the writer can write and the reader reads
// back, or an error; it never dies, and never takes much time or memory.
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/check.h"
#include "capture/reel/crc32c.h"
#include "capture/reel/facts_codec.h"
#include "capture/reel/input_codec.h"
#include "capture/reel/reel_format.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "capture/reel/wire.h"

using namespace crashreel;

namespace {

constexpr std::uint64_t kMostBytes = 64 << 20;

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::string fixed;
  put_fixed(fixed, value);
  bytes.replace(at, 4, fixed);
}

// The bytes with all checksums put right and one tag everywhere: no fuzzer guesses those, and what
// lies behind them is to be tried too.
std::string sealed(std::string bytes) {
  const auto seal = [&bytes](std::size_t at, std::size_t size, std::size_t tag_at) {
    if (bytes.size() < at + size) return;
    put_u32(bytes, at + tag_at, 0);
    put_u32(bytes, at + size - 4, crc32c(std::string_view(bytes).substr(at, size - 4)));
  };
  for (std::size_t at = 0; (at = bytes.find(kFrameSync, at)) != std::string::npos; ++at) {
    if (bytes.size() < at + kFrameHeaderBytes) break;
    const std::string_view stored = std::string_view(bytes).substr(at + kFrameHeaderBytes);
    const auto size = WireReader(std::string_view(bytes).substr(at + 16)).fixed<std::uint32_t>();
    put_u32(bytes, at + 36, crc32c(stored.substr(0, size)));
    seal(at, kFrameHeaderBytes, 8);
  }
  if (bytes.starts_with(kReelMagic)) seal(0, kReelHeaderBytes, 12);
  if (const std::size_t end = bytes.rfind(kReelEndMagic); end != std::string::npos)
    seal(end, kTrailerBytes, 16);
  return bytes;
}

void read_and_write(std::string_view bytes) {
  const Result<ReadReel> read = parse_reel(bytes, "fuzz", kMostBytes);
  if (!read) return;
  CRASHREEL_CHECK(check_reel(read->reel, "fuzz").has_value());
  const Result<ReadReel> again = parse_reel(serialize_reel(read->reel), "again");
  CRASHREEL_CHECK(again && again->damage.none() && again->reel == read->reel);
}

void seek_everywhere(std::string_view bytes) {
  Result<ReelReader> reader = ReelReader::over(bytes, "fuzz");
  if (!reader) return;
  for (std::uint64_t place : {0, 1, 5, 1000000}) {
    reader->seek(place);
    reader->next();
  }
}

// Frames' contents without the file around them.
void decode_contents(std::string_view bytes) {
  if (const auto facts = decode_facts(bytes))
    CRASHREEL_CHECK(decode_facts(encode_facts(*facts)) == facts);
  if (const auto file = decode_file(bytes))
    CRASHREEL_CHECK(decode_file(encode_file(*file)) == file);
  if (const auto index = decode_index(bytes))
    CRASHREEL_CHECK(decode_index(encode_index(*index)) == index);
  for (std::size_t count = 1; count <= 3; ++count)
    if (const auto inputs = decode_inputs(bytes, count))
      CRASHREEL_CHECK(decode_inputs(encode_inputs(*inputs), count) == inputs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = sealed(bytes);
  read_and_write(bytes);
  read_and_write(whole);
  seek_everywhere(whole);
  decode_contents(bytes);
  return 0;
}
