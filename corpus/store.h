// Where do reproducers live, so that a fuzzer starts from them and a regression test finds them?
//
// In a plain libFuzzer corpus folder: a file a seed, named by the SHA-1 of its content. What a seed
// does not keep lies in the hidden folder .crashreel, into which libFuzzer does not descend:
// program, files and crash as a reel beside each seed that has them, and what is known of all of
// them in an index (INDEX.md). Seeds without either, libFuzzer's own, are as welcome. Any number of
// processes may add at once; each may be killed at any point. It refuses to know whether a seed
// still crashes anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "corpus/index.h"

namespace crashreel {

// A seed is read into memory whole.
inline constexpr std::uint64_t kMaxSeedBytes = std::uint64_t{1} << 30;

// Where a seed came from, as SeedFacts has it. `now_ns` is since 1970.
struct Provenance {
  std::string origin;
  std::string parent;
  std::uint64_t now_ns = 0;
};

class Store {
 public:
  // The folder must be there, unless `create` is set. Any folder of files is a corpus.
  static Result<Store> open(const std::string& folder, bool create);

  struct StoredSeed {
    std::string name;     // SHA-1 of the content, 40 hex digits
    std::string path;     // of the seed
    bool is_new = false;  // it was not there before
  };

  struct NewSeed {
    Reel reel;
    Provenance from;
    bool keeps_reel = true;  // false: inputs alone are worth keeping, no crash belongs to them
    std::string bytes{};     // a fuzzer's, to be kept as they are; empty: the reel's encoding
  };

  // Puts reproducers' inputs in as seeds and the whole reels beside them. Each file appears whole
  // or not at all, the reels before the seeds, the index last. Adding the same inputs again changes
  // nothing: the first reel and the first facts stay, unless the reel can no longer be read.
  Result<std::vector<StoredSeed>> add_all(std::span<const NewSeed> seeds);
  Result<StoredSeed> add(const Reel& reproducer, const Provenance& from = {});

  enum class Sidecar { kThere, kMissing, kDamaged };

  struct Entry : SeedFacts {
    Sidecar sidecar = Sidecar::kMissing;
  };

  struct Listing {
    std::vector<Entry> seeds;        // by name
    std::vector<SeedFacts> removed;  // by name: taken out on purpose, no longer there
    std::uint64_t broken_lines = 0;  // of the index
    bool index_is_there = false;

    // Both kinds, for buckets_of().
    std::vector<SeedFacts> all() const;
  };

  // Hidden files and subfolders are passed over. What the index does not know of a seed its own
  // bytes and the reel beside it say.
  Result<Listing> list() const;

  // The one seed whose name begins so.
  static Result<Entry> find(const Listing& listing, const std::string& beginning);

  // Takes seeds out, with the reels beside them. Their facts stay in the index, as removed, when
  // `remember` is set. Also what killed writers left behind.
  Result<void> remove(std::span<const Entry> seeds, bool remember);

  // Makes the index anew from what lies beside the seeds, and what is left of it.
  Result<void> rebuild();

  // The inputs from the seed's own bytes, which a fuzzer may have written; program, files, loss and
  // crash from the reel beside it, where there is one.
  static Result<Reel> load(const std::string& seed_path);

  // Is it a file in a folder that has a .crashreel?
  static bool is_seed_of_store(const std::string& path);

  const std::string& folder() const { return folder_; }
  std::string path_of(const std::string& seed_name) const { return folder_ + "/" + seed_name; }

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}
  std::string hidden() const;
  std::string index_path() const;
  std::string lock_path() const;
  Result<void> rebuild_if_lost();

  std::string folder_;
};

}  // namespace crashreel
