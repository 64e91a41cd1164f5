// Which bytes of the kept inputs does the crash need?
//
// The same engine with bytes for items: chunks while it knows little, single bytes where most are
// needed, from the last input's last byte backwards. Bytes are only ever deleted: each payload of
// the result is a subsequence of the original. It knows no protocol, so a length field and what it
// counts can't shrink together.
//
// What is guaranteed: the result brought the crash. Each byte in it stood the test of going, alone
// or by inference, with the bytes before it in place: for an oracle whose "passes" stay "passes" as
// more is deleted, none can go. To show that for any oracle, every byte must be asked again once
// the last one has gone, which for a text can double the questions; it is done when at most
// `certify_share` of the bytes are still to be asked, and one_minimal says whether it was.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "minimizer/oracle.h"
#include "minimizer/progress.h"

namespace crashreel {

class ByteOracle {
 public:
  virtual ~ByteOracle() = default;

  // Does the crash come back when the kept inputs have these payloads? As many as there were.
  virtual Verdict ask(std::span<const std::string> payloads) = 0;
  // As Oracle::ask_all.
  virtual std::vector<Verdict> ask_all(std::span<const std::vector<std::string>> candidates);
};

struct ByteOptions {
  std::uint32_t search_votes = 1;
  std::uint32_t verify_votes = 1;  // a result that is not verified rests on search_votes
  std::uint32_t workers = 1;
  double certify_share = 0.25;
  std::uint64_t max_questions = std::numeric_limits<std::uint64_t>::max();
  std::size_t max_different = 16;
  std::function<bool()> stop;
  std::function<void(const Progress&)> progress;  // its items are bytes
};

struct ByteResult {
  std::vector<std::string> payloads;
  bool one_minimal = false;
  bool stopped = false;
  std::uint64_t questions = 0;  // distinct in content, that the search needed
  std::uint64_t guesses = 0;    // asked ahead for further workers, and not needed
  std::uint64_t runs = 0;
  std::uint64_t unresolved = 0;
  std::vector<std::vector<std::string>> different;
};

// Payloads beyond this many bytes in all, counted from the last, stay whole.
inline constexpr std::uint64_t kMaxShrunkBytes = 64ULL << 20;

// `payloads` must be known to bring the crash: they aren't asked themselves.
ByteResult minimize_bytes(std::span<const std::string> payloads, ByteOracle& oracle,
                          const ByteOptions& options);

}  // namespace crashreel
