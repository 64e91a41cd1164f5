#include "corpus/store.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "capture/reel/facts_codec.h"
#include "capture/reel/reel_reader.h"
#include "capture/reel/reel_writer.h"
#include "corpus/publish.h"
#include "corpus/seed_codec.h"
#include "corpus/seed_file.h"
#include "corpus/sha1.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr char kHiddenFolder[] = ".crashreel";
constexpr char kIndex[] = "index.jsonl";
constexpr char kLock[] = "lock";

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

std::string sidecar_of(const fs::path& seed) {
  return seed.parent_path() / kHiddenFolder / (seed.filename().string() + ".reel");
}

// Can it be read to its end?
bool is_whole_reel(const std::string& path) {
  const Result<ReadReel> read = read_reel(path);
  return read && read->damage.none();
}

Result<std::vector<fs::path>> seed_paths(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> seeds;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (is_seed_file(at->path())) seeds.push_back(at->path());
  std::sort(seeds.begin(), seeds.end());
  if (!error) return seeds;
  return Error{Trouble::kEnvironment,
               folder + ": can't be listed: " + error.message() + "; check that it may be read"};
}

SeedFacts facts_of_new(const Store::NewSeed& seed, const std::string& name, std::size_t bytes) {
  SeedFacts facts = facts_of_inputs(seed.reel.inputs);
  facts.name = name;
  facts.bytes = bytes;
  facts.added_ns = seed.from.now_ns;
  if (seed.keeps_reel) add_reel(facts_of(seed.reel), facts);
  if (seed.from.origin.empty()) return facts;
  facts.origin = seed.from.origin;
  facts.parent = seed.from.parent;
  return facts;
}

// An index may be lost; then the reel itself says what it came from.
Reel with_lineage(const Store::NewSeed& seed) {
  Reel reel = seed.reel;
  if (!seed.from.origin.empty()) reel.lineage = {seed.from.origin, seed.from.parent};
  return reel;
}

// From the index, where it knows this very file; else from the file and the reel beside it.
Result<Store::Entry> entry_of(const fs::path& path, const SeedFacts* known) {
  Store::Entry entry;
  const std::string sidecar = sidecar_of(path);
  const bool has_sidecar = is_file(sidecar);
  bool whole = true;
  if (known != nullptr && known->bytes == file_size_of(path)) {
    static_cast<SeedFacts&>(entry) = *known;
    entry.removed = false;
    whole = !has_sidecar || has_facts(sidecar);
  } else {
    Result<SeedFacts> facts = facts_of_file(path);
    if (!facts) return facts.error();
    static_cast<SeedFacts&>(entry) = *std::move(facts);
    whole = !has_sidecar || add_sidecar(sidecar, entry);
  }
  if (has_sidecar) entry.sidecar = whole ? Store::Sidecar::kThere : Store::Sidecar::kDamaged;
  return entry;
}

// Files that a writer was killed over: hidden, in the hidden folder. Nobody may write meanwhile.
void sweep(const fs::path& hidden) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator at(hidden, error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with('.')) leftovers.push_back(at->path());
  for (const fs::path& path : leftovers) fs::remove(path, error);
}

}  // namespace

std::string Store::hidden() const {
  return folder_ + "/" + kHiddenFolder;
}
std::string Store::index_path() const {
  return hidden() + "/" + kIndex;
}
std::string Store::lock_path() const {
  return hidden() + "/" + kLock;
}

Result<Store> Store::open(const std::string& folder, bool create) {
  if (folder.empty()) return Error{Trouble::kUsage, "the corpus folder has no name; give one"};
  if (create)
    if (Result<void> made = make_folder(folder); !made) return made.error();
  if (is_folder(folder)) return Store(folder);
  return Error{Trouble::kUsage, folder + ": is no folder; name a corpus folder, or have it made"};
}

Result<std::vector<Store::StoredSeed>> Store::add_all(std::span<const NewSeed> seeds) {
  if (Result<void> made = make_folder(hidden()); !made) return made.error();
  if (Result<void> rebuilt = rebuild_if_lost(); !rebuilt) return rebuilt.error();
  const Result<FolderLock> lock = FolderLock::take(lock_path(), FolderLock::Kind::kShared);
  if (!lock) return lock.error();

  std::vector<StoredSeed> stored;
  std::vector<NewContent> reels, files;
  std::vector<SeedFacts> facts;
  std::set<std::string> taken;
  for (const NewSeed& seed : seeds) {
    std::string bytes = seed.bytes.empty() ? encode_seed(seed.reel) : seed.bytes;
    if (bytes.empty() || bytes.size() > kMaxSeedBytes)
      return Error{Trouble::kUsage, folder_ + ": a reel of " + std::to_string(bytes.size()) +
                                        " bytes is no seed; minimize a reel that crashes first"};
    StoredSeed& one = stored.emplace_back();
    one.name = sha1_hex(bytes);
    one.path = path_of(one.name);
    if (!taken.insert(one.name).second) continue;
    const std::string sidecar = sidecar_of(one.path);
    const bool lacks_reel = seed.keeps_reel && !is_whole_reel(sidecar);
    if (lacks_reel) {
      const Reel kept = with_lineage(seed);
      if (Result<void> good = check_reel(kept, one.name); !good) return good.error();
      reels.push_back({sidecar, serialize_reel(kept)});
    }
    one.is_new = !is_file(one.path);
    const bool lacks_file = !holds_bytes(one.path, bytes);
    if (lacks_file || lacks_reel) facts.push_back(facts_of_new(seed, one.name, bytes.size()));
    if (lacks_file) files.push_back({one.path, std::move(bytes)});
  }
  if (Result<void> done = publish_all(hidden(), reels); !done) return done.error();
  if (Result<void> done = publish_all(hidden(), files); !done) return done.error();
  if (Result<void> done = append_to_index(index_path(), facts); !done) return done.error();
  return stored;
}

Result<Store::StoredSeed> Store::add(const Reel& reproducer, const Provenance& from) {
  const NewSeed seed{reproducer, from};
  Result<std::vector<StoredSeed>> stored = add_all({&seed, 1});
  if (!stored) return stored.error();
  return stored->front();
}

Result<Store::Listing> Store::list() const {
  Listing listing;
  listing.index_is_there = is_file(index_path());
  Result<ReadIndex> index = read_index(index_path());
  if (!index) return index.error();
  listing.broken_lines = index->broken_lines;
  const Result<std::vector<fs::path>> paths = seed_paths(folder_);
  if (!paths) return paths.error();
  for (const fs::path& path : *paths) {
    const auto known = index->seeds.find(path.filename().string());
    const bool is_known = known != index->seeds.end();
    Result<Entry> entry = entry_of(path, is_known ? &known->second : nullptr);
    if (!entry) return entry.error();
    if (is_known) index->seeds.erase(known);
    listing.seeds.push_back(*std::move(entry));
  }
  for (auto& [name, facts] : index->seeds)
    if (facts.removed) listing.removed.push_back(std::move(facts));
  return listing;
}

std::vector<SeedFacts> Store::Listing::all() const {
  std::vector<SeedFacts> facts(seeds.begin(), seeds.end());
  facts.insert(facts.end(), removed.begin(), removed.end());
  return facts;
}

Result<Store::Entry> Store::find(const Listing& listing, const std::string& beginning) {
  const Entry* found = nullptr;
  for (const Entry& entry : listing.seeds) {
    if (entry.name == beginning) return entry;
    if (!entry.name.starts_with(beginning)) continue;
    if (found != nullptr)
      return Error{Trouble::kUsage, beginning + ": " + found->name + " and " + entry.name +
                                        " begin so; give more of the name"};
    found = &entry;
  }
  if (found != nullptr && !beginning.empty()) return *found;
  return Error{Trouble::kUsage,
               beginning + ": no seed has this name; 'crashreel corpus list --all' shows them"};
}

Result<void> Store::remove(std::span<const Entry> seeds, bool remember) {
  if (Result<void> made = make_folder(hidden()); !made) return made;
  if (Result<void> rebuilt = rebuild_if_lost(); !rebuilt) return rebuilt;
  const Result<FolderLock> lock = FolderLock::take(lock_path(), FolderLock::Kind::kAlone);
  if (!lock) return lock.error();
  sweep(hidden());
  if (remember) {
    std::vector<SeedFacts> facts(seeds.begin(), seeds.end());
    for (SeedFacts& seed : facts) seed.removed = true;
    if (Result<void> done = append_to_index(index_path(), facts); !done) return done;
  }
  for (const Entry& seed : seeds) {
    std::error_code error, ignored;
    fs::remove(path_of(seed.name), error);
    if (error)
      return Error{Trouble::kEnvironment, path_of(seed.name) + ": can't be removed: " +
                                              error.message() + "; check who owns the folder"};
    fs::remove(sidecar_of(path_of(seed.name)), ignored);
  }
  return {};
}

Result<void> Store::rebuild() {
  if (Result<void> made = make_folder(hidden()); !made) return made;
  const Result<FolderLock> lock = FolderLock::take(lock_path(), FolderLock::Kind::kAlone);
  if (!lock) return lock.error();
  const Result<Listing> listing = list();
  if (!listing) return listing.error();
  SeedIndex index;
  for (const SeedFacts& facts : listing->all())
    if (is_sha1_name(facts.name)) index.emplace(facts.name, facts);
  return write_index(hidden(), index_path(), index);
}

Result<void> Store::rebuild_if_lost() {
  if (is_file(index_path())) return {};
  return rebuild();
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
  reel.lineage = std::move(beside->reel.lineage);
  reel.loss = beside->reel.loss;
  reel.crash = std::move(beside->reel.crash);
  return reel;
}

bool Store::is_seed_of_store(const std::string& path) {
  return is_seed_file(path) && is_folder(fs::path(path).parent_path() / kHiddenFolder);
}

}  // namespace crashreel
