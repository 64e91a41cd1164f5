#include "minimizer/verify.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "minimizer/checkpoints.h"

namespace crashreel {

namespace {

// One pass from the end to the front. Nullopt: stopped; else whether anything was dropped.
class Pass {
 public:
  Pass(Choice& kept, Asker& asker, ProgressLog& log, std::uint32_t votes, std::uint32_t workers)
      : kept_(kept), asker_(asker), log_(log), votes_(votes), workers_(workers) {}

  std::optional<bool> run() {
    bool dropped = false;
    for (std::size_t index = kept_.size(); index-- > 0;) {
      if (index < fetched_from_) fetch_down_from(index);
      // All that stands before the item is the front of what is asked next, too.
      const auto front = static_cast<std::uint32_t>(index);
      asker_.hold(checkpoints_.before(front, front, 1));
      Choice smaller = without(kept_, index);
      const std::optional<bool> still_there = asker_.reproduces(smaller, votes_);
      if (!still_there) return std::nullopt;
      if (*still_there) {
        kept_ = std::move(smaller);
        log_.reduced_to(kept_, asker_.tally().questions);
        dropped = true;
        fetched_from_ = kept_.size();
      }
      log_.asked(asker_.tally().questions, static_cast<double>(dropped ? kept_.size() : index));
    }
    return dropped;
  }

 private:
  // These questions are independent as long as no answer is yes, and mostly none is.
  void fetch_down_from(std::size_t index) {
    fetched_from_ = index + 1 - std::min<std::size_t>(index + 1, workers_);
    if (workers_ < 2) return;
    std::vector<Choice> choices;
    for (std::size_t i = index + 1; i-- > fetched_from_;) choices.push_back(without(kept_, i));
    UntilOneGoes race;
    asker_.fetch(choices, votes_, &race);
  }

  Choice& kept_;
  Asker& asker_;
  ProgressLog& log_;
  std::uint32_t votes_;
  std::uint32_t workers_;
  CheckpointPlan checkpoints_{asker_.costs().checkpoints};
  std::size_t fetched_from_ = kept_.size();
};

}  // namespace

Choice without(const Choice& kept, std::size_t index) {
  Choice smaller;
  smaller.reserve(kept.size());
  const auto at = kept.begin() + static_cast<std::ptrdiff_t>(index);
  smaller.insert(smaller.end(), kept.begin(), at);
  smaller.insert(smaller.end(), at + 1, kept.end());
  return smaller;
}

// Votes rise in steps: an item that a flaky search left by mistake goes at the cheap steps, before
// full votes are spent on the others, whose questions change with each item that goes. The votes of
// the lower steps count for the higher ones, so the steps themselves cost nothing.
bool make_one_minimal(Choice& kept, Asker& asker, ProgressLog& log, const VerifyOptions& options) {
  std::uint32_t votes = std::min(options.votes->search(), options.votes->proof(kept.size()));
  while (true) {
    bool dropped = true;
    while (dropped) {
      const std::optional<bool> pass = Pass(kept, asker, log, votes, options.workers).run();
      if (!pass) return false;
      dropped = *pass;
    }
    const std::uint32_t proof = options.votes->proof(kept.size());
    if (votes >= proof) return true;
    votes = std::min(2 * votes, proof);
  }
}

}  // namespace crashreel
