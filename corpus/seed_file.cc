#include "corpus/seed_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "capture/reel/byte_source.h"
#include "capture/reel/reel_reader.h"
#include "corpus/seed_codec.h"
#include "corpus/store.h"

namespace crashreel {
namespace {

std::uint64_t modified_ns(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || status.st_mtim.tv_sec < 0) return 0;
  return static_cast<std::uint64_t>(status.st_mtim.tv_sec) * kSecondNs +
         static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
}

}  // namespace

bool is_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_seed_file(const std::string& path) {
  return is_file(path) && !std::filesystem::path(path).filename().string().starts_with('.');
}

bool is_sha1_name(const std::string& name) {
  return name.size() == 40 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::uint64_t file_size_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || status.st_size < 0) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::string> seed_bytes(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = open_file(path, "a seed");
  if (!source) return source.error();
  const std::uint64_t size = (*source)->size();
  if (size > kMaxSeedBytes)
    return Error{Trouble::kUsage, path + ": " + std::to_string(size) + " bytes exceed " +
                                      std::to_string(kMaxSeedBytes) + ", a seed's bound"};
  std::string scratch;
  const auto bytes = (*source)->view(0, size, scratch);
  if (!bytes)
    return Error{Trouble::kEnvironment, path + ": can't be read to its end; check the disk"};
  return std::string(*bytes);
}

bool holds_bytes(const std::string& path, std::string_view bytes) {
  if (!is_file(path) || file_size_of(path) != bytes.size()) return false;
  const Result<std::string> there = seed_bytes(path);
  return there && *there == bytes;
}

SeedFacts facts_of_inputs(std::span<const Input> inputs) {
  const ReelTotals totals = totals_of(inputs);
  SeedFacts facts;
  facts.inputs = totals.counted_inputs;
  facts.sessions = totals.sessions;
  return facts;
}

Result<SeedFacts> facts_of_file(const std::string& path) {
  const Result<std::string> bytes = seed_bytes(path);
  if (!bytes) return bytes.error();
  SeedFacts facts = facts_of_inputs(decode_seed(*bytes).inputs);
  facts.name = std::filesystem::path(path).filename();
  facts.bytes = bytes->size();
  facts.added_ns = modified_ns(path);
  return facts;
}

void add_reel(const ReelFacts& reel, SeedFacts& facts) {
  facts.signature = reel.crash.signature;
  facts.origin = reel.lineage.origin;
  facts.parent = reel.lineage.parent;
  facts.executable = reel.program.executable;
  facts.build_id = reel.program.build_id;
  const std::uint64_t start = reel.program.start_realtime_ns;
  if (reel.crash.known && start != 0 && reel.crash.time_ns <= UINT64_MAX - start)
    facts.crashed_ns = start + reel.crash.time_ns;
}

bool has_facts(const std::string& sidecar) {
  const Result<ReelReader> reel = ReelReader::open(sidecar);
  return reel && reel->facts() && reel->damage().none();
}

bool add_sidecar(const std::string& sidecar, SeedFacts& facts) {
  const Result<ReelReader> reel = ReelReader::open(sidecar);
  if (!reel || !reel->facts()) return false;
  add_reel(*reel->facts(), facts);
  return reel->damage().none();
}

}  // namespace crashreel
