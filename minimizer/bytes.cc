#include "minimizer/bytes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "minimizer/asker.h"
#include "minimizer/search.h"
#include "minimizer/verify.h"

namespace crashreel {

std::vector<Verdict> ByteOracle::ask_all(std::span<const std::vector<std::string>> candidates) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(candidates.size());
  for (const std::vector<std::string>& candidate : candidates) verdicts.push_back(ask(candidate));
  return verdicts;
}

namespace {

using Payloads = std::vector<std::string>;

// The bytes of all payloads in one row, as items of an Oracle.
class BytesAsItems : public Oracle {
 public:
  BytesAsItems(std::span<const std::string> payloads, ByteOracle& oracle)
      : payloads_(payloads), oracle_(oracle) {
    std::uint64_t bytes = 0;
    first_shrunk_ = payloads.size();
    while (first_shrunk_ > 0) {
      bytes += payloads[first_shrunk_ - 1].size();
      if (bytes > kMaxShrunkBytes) break;
      --first_shrunk_;
    }
    for (std::size_t i = first_shrunk_; i < payloads.size(); ++i) {
      items_.resize(items_.size() + payloads[i].size(),
                    {.group = static_cast<std::uint32_t>(i), .bytes = 1});
      ends_.push_back(static_cast<std::uint32_t>(items_.size()));
    }
  }

  std::span<const Item> items() const { return items_; }

  Payloads payloads_of(std::span<const std::uint32_t> kept) const {
    Payloads chosen(payloads_.begin(), payloads_.begin() + first_shrunk_);
    std::size_t at = 0;
    std::uint32_t begin = 0;
    for (const std::uint32_t end : ends_) {
      const std::string& original = payloads_[chosen.size()];
      std::string& payload = chosen.emplace_back();
      for (; at < kept.size() && kept[at] < end; ++at) payload += original[kept[at] - begin];
      begin = end;
    }
    return chosen;
  }

  Verdict ask(std::span<const std::uint32_t> kept) override {
    return oracle_.ask(payloads_of(kept));
  }

  std::vector<Verdict> ask_all(std::span<const Choice> choices) override {
    std::vector<Payloads> candidates;
    for (const Choice& choice : choices) candidates.push_back(payloads_of(choice));
    return oracle_.ask_all(candidates);
  }

 private:
  std::span<const std::string> payloads_;
  ByteOracle& oracle_;
  std::size_t first_shrunk_;  // those before it stay whole
  std::vector<Item> items_;
  std::vector<std::uint32_t> ends_;  // of each shrunk payload, in items_
};

// Few enough singles are open for a proof to be cheap?
bool proof_is_cheap(const Choice& kept, const Asker& asker, const ByteOptions& options) {
  std::size_t open = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!asker.knows(without(kept, i), options.verify_votes)) ++open;
  }
  return static_cast<double>(open) <= options.certify_share * static_cast<double>(kept.size());
}

}  // namespace

ByteResult minimize_bytes(std::span<const std::string> payloads, ByteOracle& oracle,
                          const ByteOptions& options) {
  BytesAsItems bytes(payloads, oracle);
  // Deleting either of two equal neighbours is one question: content is what the payloads are.
  Asker asker(bytes,
              {.max_questions = options.max_questions,
               .max_different = options.max_different,
               .stop = options.stop},
              [&bytes](std::span<const std::uint32_t> kept) {
                return content_key(bytes.payloads_of(kept));
              });
  ProgressLog log(bytes.items(), options.progress);
  const Votes votes(options.search_votes, options.verify_votes);

  Choice kept(bytes.items().size());
  std::iota(kept.begin(), kept.end(), 0U);
  Search search(bytes.items(), asker, log,
                {.suffix_probes = false,
                 .group_probes = false,
                 .last_first = false,
                 .votes = &votes,
                 .workers = options.workers});
  kept = search.run(std::move(kept));

  ByteResult result;
  if (!asker.stopped() && proof_is_cheap(kept, asker, options)) {
    result.one_minimal =
        make_one_minimal(kept, asker, log, {.votes = &votes, .workers = options.workers});
  }
  result.payloads = bytes.payloads_of(kept);
  result.stopped = asker.stopped();
  const AskTally tally = asker.take_tally();
  result.questions = tally.questions;
  result.guesses = tally.guesses;
  result.runs = tally.runs;
  result.unresolved = tally.unresolved;
  for (const Choice& choice : tally.different) {
    result.different.push_back(bytes.payloads_of(choice));
  }
  return result;
}

}  // namespace crashreel
