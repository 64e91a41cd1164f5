// What do reel files and seeds cost? Writing and reading a reel of a million inputs, against zstd
// alone on the same payloads in blocks of the same size; its summary; the seed codec; and salvage
// of a full ring of 1 GiB (salvage_scene.h).
#include <zstd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "capture/reel/facts_codec.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "corpus/seed_codec.h"
#include "tests/bench/bench.h"
#include "tests/bench/salvage_scene.h"

using namespace crashreel;

namespace {

constexpr std::size_t kInputs = 1000000;
constexpr std::size_t kSessions = 200;
constexpr std::size_t kPairs = 5;
constexpr int kZstdLevel = 3;  // the writer's

// What a key-value server is sent: commands with keys and random values, sessions in turns.
Reel server_reel() {
  Reel reel;
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  Input input;
  for (std::size_t i = 0; i < kInputs; ++i) {
    input.seq = i;
    input.time_ns += draw(50000);
    input.thread = static_cast<std::uint32_t>(draw(4));
    input.session = static_cast<std::uint32_t>(draw(kSessions));
    input.data = "*3\r\n$3\r\nSET\r\n$10\r\nkey:" + std::to_string(100000 + draw(900000)) +
                 "\r\n$16\r\n" + std::to_string(1000000000000000 + draw(1000000000)) + "\r\n";
    reel.inputs.push_back(input);
  }
  return reel;
}

std::vector<std::string> blocks_of(const Reel& reel) {
  std::vector<std::string> blocks(1);
  for (const Input& input : reel.inputs) {
    if (blocks.back().size() + input.data.size() > kFrameTargetBytes) blocks.emplace_back();
    blocks.back() += input.data;
  }
  return blocks;
}

std::vector<std::string> compressed(const std::vector<std::string>& blocks) {
  std::vector<std::string> out;
  ZSTD_CCtx* context = ZSTD_createCCtx();
  for (const std::string& block : blocks) {
    std::string room(ZSTD_compressBound(block.size()), '\0');
    room.resize(ZSTD_compressCCtx(context, room.data(), room.size(), block.data(), block.size(),
                                  kZstdLevel));
    out.push_back(std::move(room));
  }
  ZSTD_freeCCtx(context);
  return out;
}

void decompress(const std::vector<std::string>& blocks) {
  std::string room(kFrameTargetBytes, '\0');
  for (const std::string& block : blocks) {
    ZSTD_decompress(room.data(), room.size(), block.data(), block.size());
    bench::keep(room);
  }
}

std::size_t bytes_of(const std::vector<std::string>& blocks) {
  std::size_t bytes = 0;
  for (const std::string& block : blocks) bytes += block.size();
  return bytes;
}

// `ours` and `theirs` are work on so many bytes of payload. CPU time, for all of it is one
// thread's.
template <typename Ours, typename Theirs>
void compare(const char* what, std::uint64_t bytes, const char* against, Ours&& ours,
             Theirs&& theirs) {
  const double megabytes = static_cast<double>(bytes) / 1e6;
  const auto rate = [megabytes](auto&& work) {
    return [&work, megabytes] { return megabytes / bench::cpu_seconds_of(work); };
  };
  const bench::Pair pair = bench::interleaved(kPairs, rate(ours), rate(theirs));
  bench::print({.bench = "reel",
                .scene = what,
                .value = pair.ours,
                .unit = "MB/s",
                .reference = pair.theirs.median,
                .against = against,
                .ratio = pair.ratio.median});
}

void measure_files(const Reel& reel, const std::string& bytes, std::uint64_t payload) {
  const std::vector<std::string> blocks = blocks_of(reel);
  const std::vector<std::string> squeezed = compressed(blocks);
  compare(
      "write 1,000,000 inputs", payload, "zstd alone", [&] { bench::keep(serialize_reel(reel)); },
      [&] { bench::keep(compressed(blocks)); });
  compare(
      "read 1,000,000 inputs", payload, "zstd alone",
      [&] { bench::keep(parse_reel(bytes, "bench")); }, [&] { decompress(squeezed); });
  bench::print(
      {.bench = "reel",
       .scene = "size of 1,000,000 inputs",
       .value = bench::once(static_cast<double>(bytes.size()) / 1e6),
       .unit = "MB",
       .reference = static_cast<double>(bytes_of(squeezed)) / 1e6,
       .against = "zstd of the payloads alone",
       .ratio = static_cast<double>(bytes.size()) / static_cast<double>(bytes_of(squeezed))});
}

// Not turn by turn: the next summary would pay for tidying up the million strings of reading all.
void measure_summary(const std::string& path) {
  std::vector<double> summaries, readings;
  for (int run = 0; run < 101; ++run)
    summaries.push_back(1e6 * bench::cpu_seconds_of([&] { bench::keep(ReelReader::open(path)); }));
  for (int run = 0; run < 3; ++run)
    readings.push_back(1e6 * bench::cpu_seconds_of([&] { bench::keep(read_reel(path)); }));
  bench::print({.bench = "reel",
                .scene = "summary of 1,000,000 inputs",
                .value = bench::spread_of(summaries),
                .unit = "us",
                .reference = bench::median(readings),
                .against = "reading all",
                .ratio = bench::median(summaries) / bench::median(readings)});
}

void measure_seeds(const Reel& reel, std::uint64_t payload) {
  const std::string seed = encode_seed(reel);
  std::string copy;
  compare(
      "encode a seed", payload, "copying it", [&] { bench::keep(encode_seed(reel)); },
      [&] { bench::keep(copy.assign(seed)); });
  compare(
      "decode a seed", payload, "copying the inputs", [&] { bench::keep(decode_seed(seed)); },
      [&] { bench::keep(std::vector<Input>(reel.inputs)); });
}

}  // namespace

int main() {
  bench::measure_salvage();
  const Reel reel = server_reel();
  const std::uint64_t payload = totals_of(reel.inputs).payload_bytes;
  const std::string bytes = serialize_reel(reel);
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "reel_bench.reel";
  CRASHREEL_CHECK(write_reel(reel, path).has_value());
  measure_summary(path);
  measure_files(reel, bytes, payload);
  measure_seeds(reel, payload);
  std::filesystem::remove(path);
  return 0;
}
