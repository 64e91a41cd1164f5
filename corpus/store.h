// Where do reproducers live, so that a fuzzer starts from them and a regression test finds them?
//
// In a plain libFuzzer corpus folder: a file a seed, named by the SHA-1 of its content. What a seed
// does not keep (program, files, crash) lies beside it as a reel, in the hidden folder .crashreel,
// into which libFuzzer does not descend; seeds without one, libFuzzer's own, are as welcome. It
// refuses to know whether a seed still crashes anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

// A seed is read into memory whole.
inline constexpr std::uint64_t kMaxSeedBytes = std::uint64_t{1} << 30;

class Store {
 public:
  // The folder must be there, unless `create` is set. Any folder of files is a corpus.
  static Result<Store> open(const std::string& folder, bool create);

  struct StoredSeed {
    std::string name;     // SHA-1 of the content, 40 hex digits
    std::string path;     // of the seed
    bool is_new = false;  // it was not there before
  };

  // Puts a reproducer's inputs in as a seed and the whole reel beside it. Each file appears whole
  // or not at all, the reel before the seed. Adding the same inputs again changes nothing: the
  // first reel stays, unless it can no longer be read.
  Result<StoredSeed> add(const Reel& reproducer);

  enum class Sidecar { kThere, kMissing, kDamaged };

  struct Entry {
    std::string name;
    std::uint64_t bytes = 0;
    std::uint64_t inputs = 0;  // in the narrow sense: counts_as_input()
    std::uint64_t sessions = 0;
    Sidecar sidecar = Sidecar::kMissing;
    // From the sidecar; empty without one.
    Signature signature;
    std::string executable;
    std::string build_id;
  };

  // All seeds, by name. Hidden files and subfolders are passed over.
  Result<std::vector<Entry>> list() const;

  // The inputs from the seed's own bytes, which a fuzzer may have written; program, files, loss and
  // crash from the reel beside it, where there is one.
  static Result<Reel> load(const std::string& seed_path);

  // Is it a file in a folder that has a .crashreel?
  static bool is_seed_of_store(const std::string& path);

  const std::string& folder() const { return folder_; }

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
};

}  // namespace crashreel
