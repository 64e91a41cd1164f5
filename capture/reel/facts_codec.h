// How do the facts about a reel, and the files that travel in it, become bytes? The content of
// facts and file frames (FORMAT.md). Decoders take hostile bytes and answer nothing where they
// don't fit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/reel.h"
#include "capture/reel/reel_format.h"
#include "capture/reel/session_set.h"

namespace crashreel {

// What the whole file holds, known without reading it.
struct ReelTotals {
  std::uint64_t frames = 0;
  std::uint64_t inputs = 0;
  std::uint64_t counted_inputs = 0;  // in the narrow sense: counts_as_input()
  std::uint64_t payload_bytes = 0;
  std::uint64_t sessions = 0;
  std::uint64_t earliest_ns = 0;  // times of inputs, since the program's start; 0 without inputs
  std::uint64_t latest_ns = 0;
  // Of all kinds, those that are not the tail's.
  std::uint64_t prelude_inputs = 0;
  std::uint64_t head_inputs = 0;
  std::uint64_t pinned_inputs = 0;

  bool operator==(const ReelTotals&) const = default;
};

// Adds up inputs in any number. Frames are the file's business and stay 0.
class TotalsCounter {
 public:
  void add(const Input& input);
  ReelTotals totals() const;
  std::uint64_t masked_inputs() const { return masked_inputs_; }

 private:
  ReelTotals totals_{.earliest_ns = UINT64_MAX};
  SessionSet sessions_;
  std::uint32_t last_session_ = kNoSession;
  std::uint64_t masked_inputs_ = 0;
};

ReelTotals totals_of(std::span<const Input> inputs);

// Everything of a reel but its inputs and files.
struct ReelFacts {
  ReelTotals totals;
  Program program;
  Loss loss;
  CrashFacts crash;
  Redaction redaction;
  std::uint64_t masked_inputs = 0;  // of which a kMasked one says so; 0 without redaction
  Keeping keeping;
  Lineage lineage;
  std::vector<FileDigest> file_digests;

  bool operator==(const ReelFacts&) const = default;
};

ReelFacts facts_of(const Reel& reel);
// Of a reel whose inputs are elsewhere and were counted.
ReelFacts facts_of(const Reel& rest, const TotalsCounter& inputs);
// The way back, as far as facts go.
void set_facts(const ReelFacts& facts, Reel& reel);

std::string encode_facts(const ReelFacts& facts);
// `version`: of the frame that they come from.
std::optional<ReelFacts> decode_facts(std::string_view raw, std::uint16_t version = kReelVersion);

std::string encode_file(const ReelFile& file);
std::optional<ReelFile> decode_file(std::string_view raw);

}  // namespace crashreel
