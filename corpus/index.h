// What does a corpus know of its seeds besides their bytes? Where each came from, which crash it
// brings, of which build, when it came in: one line of JSON a seed (INDEX.md), in a file beside the
// seeds, where a fuzzer that rewrites the folder does not touch it.
//
// The file is only ever appended to, by one write a batch, so that writers need not know of each
// other and a killed one leaves a broken line at worst. It may be lost: what stands beside the
// seeds (store.h) tells the most of it again. The lines may be hostile. Knows no folder of seeds.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

struct SeedFacts {
  std::string name;  // of the seed: SHA-1 of its content, 40 hex digits
  std::uint64_t bytes = 0;
  std::uint64_t inputs = 0;  // in the narrow sense: counts_as_input()
  std::uint64_t sessions = 0;
  Signature signature;     // kind is empty: no crash is known of it
  std::string executable;  // of the program that crashed
  std::string build_id;    // of it, hex
  std::string origin;      // where it came from, for people: "night.reel", "session 3 of b.reel"
  std::string parent;      // SHA-1 of the reel file it was made of; empty: not known
  std::uint64_t added_ns = 0;    // since 1970; 0: not known
  std::uint64_t crashed_ns = 0;  // in production, since 1970; 0: not known
  // The seed was taken out (corpus prune): its crash still counts in its bucket.
  bool removed = false;

  bool operator==(const SeedFacts&) const = default;
};

// By name. Of a seed with several lines the last one holds.
using SeedIndex = std::map<std::string, SeedFacts, std::less<>>;

struct ReadIndex {
  SeedIndex seeds;
  std::uint64_t lines = 0;
  std::uint64_t broken_lines = 0;  // passed over
};

// With the newlines before and behind it that keep it apart from what a killed writer left.
std::string to_index_line(const SeedFacts& facts);
ReadIndex parse_index(std::string_view text);

// A file that is not there is an empty index. An error is one that can't be read.
Result<ReadIndex> read_index(const std::string& path);
// One write for all lines, then fsync. Safe beside other appenders, in other processes, too.
Result<void> append_to_index(const std::string& path, std::span<const SeedFacts> facts);
// The whole file anew, by way of a temporary in `hidden`. Nobody may append meanwhile.
Result<void> write_index(const std::string& hidden, const std::string& path,
                         const SeedIndex& seeds);

}  // namespace crashreel
