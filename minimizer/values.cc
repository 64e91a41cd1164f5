#include "minimizer/values.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "minimizer/minimize.h"

namespace crashreel {
namespace {

using Payloads = std::vector<std::string>;

class ValuesAsItems : public Oracle {
 public:
  ValuesAsItems(std::span<const std::string> payloads, ByteOracle& oracle)
      : oracle_(oracle), plain_(payloads.begin(), payloads.end()) {
    for (std::size_t i = plain_.size(); i-- > 0;) {
      for (std::size_t at = plain_[i].size(); at-- > 0;) {
        const char byte = plain_[i][at];
        if (byte == plain(byte) || places_.size() == kMaxShrunkBytes) continue;
        places_.push_back({.payload = i, .at = at, .byte = byte});
        plain_[i][at] = plain(byte);
      }
    }
    std::reverse(places_.begin(), places_.end());
  }

  std::vector<Item> items() const {
    std::vector<Item> items;
    for (const Place& place : places_) {
      items.push_back({.group = static_cast<std::uint32_t>(place.payload), .bytes = 1});
    }
    return items;
  }

  Payloads payloads_of(std::span<const std::uint32_t> kept) const {
    Payloads payloads = plain_;
    for (const std::uint32_t item : kept) {
      const Place& place = places_[item];
      payloads[place.payload][place.at] = place.byte;
    }
    return payloads;
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
  struct Place {
    std::size_t payload = 0;
    std::size_t at = 0;
    char byte = 0;
  };
  ByteOracle& oracle_;
  Payloads plain_;
  std::vector<Place> places_;
};

bool between(char first, char byte, char last) {
  return first <= byte && byte <= last;
}

}  // namespace

char plain(char byte) {
  if (between('0', byte, '9')) return '0';
  if (between('a', byte, 'z')) return 'a';
  if (between('A', byte, 'Z')) return 'A';
  return byte == '\n' || byte == '\r' ? byte : ' ';
}

ByteResult minimize_values(std::span<const std::string> payloads, ByteOracle& oracle,
                           const ByteOptions& options) {
  ValuesAsItems values(payloads, oracle);
  if (values.items().empty()) {
    return {.payloads = {payloads.begin(), payloads.end()}, .one_minimal = true};
  }
  MinimizeOptions search;
  search.confirm = search.suffix_probes = search.group_probes = search.last_first = false;
  search.search_votes = options.search_votes;
  search.verify_votes = options.verify_votes;
  search.workers = options.workers;
  search.max_questions = options.max_questions;
  search.max_different = options.max_different;
  search.stop = options.stop;
  search.progress = options.progress;
  const MinimizeResult found = minimize(values.items(), values, search);
  ByteResult result;
  result.payloads = values.payloads_of(found.kept);
  result.one_minimal = found.one_minimal;
  result.stopped = found.stopped;
  result.questions = found.questions;
  result.guesses = found.guesses;
  result.runs = found.runs;
  result.unresolved = found.unresolved;
  for (const Choice& choice : found.different) {
    result.different.push_back(values.payloads_of(choice));
  }
  return result;
}

}  // namespace crashreel
