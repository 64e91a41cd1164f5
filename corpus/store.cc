#include "corpus/store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "capture/reel/byte_source.h"
#include "capture/reel/facts_codec.h"
#include "capture/reel/new_file.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "corpus/seed_codec.h"
#include "corpus/sha1.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr char kHiddenFolder[] = ".crashreel";

std::string sidecar_of(const fs::path& seed) {
  return seed.parent_path() / kHiddenFolder / (seed.filename().string() + ".reel");
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return {};
  return Error{Trouble::kEnvironment, path.string() + ": can't be made a folder: " +
                                          error.message() + "; choose another place"};
}

Result<std::string> seed_bytes(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = open_file(path, "a seed");
  if (!source) return source.error();
  const std::uint64_t size = (*source)->size();
  if (size > kMaxSeedBytes)
    return Error{Trouble::kUsage, path + ": " + std::to_string(size) + " bytes exceed " +
                                      std::to_string(kMaxSeedBytes) + ", a seed's bound"};
  std::string bytes;
  if (!(*source)->view(0, size, bytes))
    return Error{Trouble::kEnvironment, path + ": can't be read to its end; check the disk"};
  return bytes;
}

// By way of a temporary in the hidden folder, where no fuzzer picks it up half written.
Result<void> write_by_way_of(const std::string& hidden, const std::string& path,
                             std::string_view bytes) {
  Result<NewFile> file = NewFile::in(hidden, path);
  if (!file) return file.error();
  const Result<void> written = file->write(bytes);
  return written ? file->publish() : written;
}

Store::Entry entry_of(const fs::path& seed, const std::string& bytes) {
  Store::Entry entry;
  const ReelTotals totals = totals_of(decode_seed(bytes).inputs);
  entry.name = seed.filename();
  entry.bytes = bytes.size();
  entry.inputs = totals.counted_inputs;
  entry.sessions = totals.sessions;
  if (!is_file(sidecar_of(seed))) return entry;
  entry.sidecar = Store::Sidecar::kDamaged;
  const Result<ReelReader> sidecar = ReelReader::open(sidecar_of(seed));
  if (!sidecar || !sidecar->facts()) return entry;
  if (sidecar->damage().none()) entry.sidecar = Store::Sidecar::kThere;
  entry.signature = sidecar->facts()->crash.signature;
  entry.executable = sidecar->facts()->program.executable;
  entry.build_id = sidecar->facts()->program.build_id;
  return entry;
}

}  // namespace

Result<Store> Store::open(const std::string& folder, bool create) {
  if (folder.empty()) return Error{Trouble::kUsage, "the corpus folder has no name; give one"};
  if (create)
    if (Result<void> made = make_folder(folder); !made) return made.error();
  if (is_folder(folder)) return Store(folder);
  return Error{Trouble::kUsage, folder + ": is no folder; name a corpus folder, or have it made"};
}

Result<Store::StoredSeed> Store::add(const Reel& reproducer) {
  const std::string bytes = encode_seed(reproducer);
  if (bytes.empty() || bytes.size() > kMaxSeedBytes)
    return Error{Trouble::kUsage, folder_ + ": a reel of " + std::to_string(bytes.size()) +
                                      " bytes is no seed; minimize a reel that crashes first"};
  const fs::path hidden = fs::path(folder_) / kHiddenFolder;
  if (Result<void> made = make_folder(hidden); !made) return made.error();

  StoredSeed stored;
  stored.name = sha1_hex(bytes);
  stored.path = fs::path(folder_) / stored.name;
  const std::string sidecar = sidecar_of(stored.path);
  const Result<ReadReel> old = read_reel(sidecar);
  if (!old || !old->damage.none())
    if (Result<void> written = write_reel(reproducer, sidecar); !written) return written.error();

  const Result<std::string> there = seed_bytes(stored.path);
  stored.is_new = !there;
  if (!there || *there != bytes)
    if (Result<void> written = write_by_way_of(hidden, stored.path, bytes); !written)
      return written.error();
  return stored;
}

Result<std::vector<Store::Entry>> Store::list() const {
  std::error_code error;
  std::vector<fs::path> seeds;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error))
    if (is_file(at->path()) && !at->path().filename().string().starts_with('.'))
      seeds.push_back(at->path());
  if (error)
    return Error{Trouble::kEnvironment,
                 folder_ + ": can't be listed: " + error.message() + "; check that it may be read"};
  std::sort(seeds.begin(), seeds.end());
  std::vector<Entry> entries;
  for (const fs::path& seed : seeds) {
    const Result<std::string> bytes = seed_bytes(seed);
    if (!bytes) return bytes.error();
    entries.push_back(entry_of(seed, *bytes));
  }
  return entries;
}

Result<Reel> Store::load(const std::string& seed_path) {
  const Result<std::string> bytes = seed_bytes(seed_path);
  if (!bytes) return bytes.error();
  Reel reel = decode_seed(*bytes);
  const std::string sidecar = sidecar_of(seed_path);
  if (!is_file(sidecar)) return reel;
  Result<ReadReel> beside = read_reel(sidecar);
  if (!beside) return beside.error();
  // Files may be missing from it, and a replay without them would only mislead.
  if (!beside->damage.none())
    return Error{Trouble::kDamaged, sidecar + ": " + beside->damage.notes.front() +
                                        "; add the reproducer again, or remove this file to "
                                        "use the seed's inputs alone"};
  reel.program = std::move(beside->reel.program);
  reel.files = std::move(beside->reel.files);
  reel.file_digests = std::move(beside->reel.file_digests);
  reel.loss = beside->reel.loss;
  reel.crash = std::move(beside->reel.crash);
  return reel;
}

bool Store::is_seed_of_store(const std::string& path) {
  const fs::path seed(path);
  return is_file(seed) && !seed.filename().string().starts_with('.') &&
         is_folder(seed.parent_path() / kHiddenFolder);
}

}  // namespace crashreel
