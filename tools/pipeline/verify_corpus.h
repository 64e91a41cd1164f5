// Which of the bugs in a corpus are gone from this build?
//
// Replays the reproducers of each bucket, each as often as asked at most, and says of the bucket
// what the worst of them says. Nothing is written.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "corpus/buckets.h"
#include "corpus/store.h"

namespace crashreel {

// From bad to good; a bucket is as bad as its worst reproducer.
enum class BugState {
  kStillCrashes,  // at least one reproducer brings its crash
  kChanged,       // one crashes, but not in its way: look at it again
  kUnresolved,    // one got no answer: not started, hung, a damaged reel
  kFixed,         // none crashed in any try
};

const char* name_of(BugState state);  // "STILL CRASHES", "CHANGED", "NO ANSWER", "FIXED"

struct SeedVerdict {
  std::string name;
  BugState state = BugState::kUnresolved;
  int tries = 0;
  std::string detail;  // one line: how it ended, or why there is no answer
};

struct BucketVerdict {
  const Bucket* bucket = nullptr;
  BugState state = BugState::kFixed;
  std::vector<SeedVerdict> seeds;
};

struct VerifyOptions {
  int tries = 1;  // of each reproducer; fewer where one shows the answer
  int jobs = 1;
  bool smallest_only = false;                    // of each bucket
  std::optional<std::vector<std::string>> argv;  // another program than the reels'
  std::function<void(const BucketVerdict&)> each;
  // So many tries of this reproducer are behind, and so many reproducers before it; may be empty.
  std::function<void(const std::string& seed, int tries, std::size_t seeds)> progress;
};

// That are replayed.
std::size_t reproducers(const std::vector<Bucket>& buckets, const std::vector<SeedFacts>& facts,
                        bool smallest_only);

// One verdict for each bucket that still has a reproducer, in their order. `facts` is what the
// buckets were made of: the listing's all().
std::vector<BucketVerdict> verify(const Store& store, const std::vector<Bucket>& buckets,
                                  const std::vector<SeedFacts>& facts,
                                  const VerifyOptions& options);

// The worst; kFixed of none.
BugState worst_of(const std::vector<BucketVerdict>& verdicts);

}  // namespace crashreel
