#include "minimizer/values.h"

#include <algorithm>
#include <map>
#include <utility>

#include "minimizer/bytes.h"
#include "minimizer/numbers.h"

namespace crashreel {
namespace {

bool between(char first, char byte, char last) {
  return first <= byte && byte <= last;
}

bool in_word(char byte) {
  return between('0', byte, '9') || between('a', byte, 'z') || between('A', byte, 'Z');
}

// Positions of bytes that are made plain together.
struct Spot {
  std::size_t part = 0;
  std::size_t at = 0;
};
using Spots = std::vector<Spot>;

class MadePlain : public Rewrite {
 public:
  // Each of the places is what becomes plain at once.
  MadePlain(const Candidate& whole, std::vector<Spots> spots)
      : whole_(whole), plain_(whole), spots_(std::move(spots)) {
    for (const Spots& place : spots_) {
      for (const Spot& spot : place) {
        char& byte = plain_[spot.part].bytes[spot.at];
        byte = plain(byte);
      }
      places_.push_back({.group = static_cast<std::uint32_t>(place.front().part),
                         .bytes = static_cast<std::uint32_t>(place.size())});
    }
  }

  std::span<const Item> places() const override { return places_; }

  Candidate with(std::span<const std::uint32_t> kept) const override {
    Candidate candidate = plain_;
    for (const std::uint32_t place : kept) {
      for (const Spot& spot : spots_[place]) {
        candidate[spot.part].bytes[spot.at] = whole_[spot.part].bytes[spot.at];
      }
    }
    return candidate;
  }

 private:
  const Candidate& whole_;
  Candidate plain_;
  std::vector<Spots> spots_;
  std::vector<Item> places_;
};

// Every byte that is not plain, as far as kMaxShrunkBytes reach from the end; rising.
Spots not_plain(const Candidate& whole) {
  Spots spots;
  for (std::size_t part = whole.size(); part-- > 0;) {
    for (std::size_t at = whole[part].bytes.size(); at-- > 0;) {
      const char byte = whole[part].bytes[at];
      if (byte == plain(byte)) continue;
      if (spots.size() == kMaxShrunkBytes) break;
      spots.push_back({.part = part, .at = at});
    }
  }
  std::reverse(spots.begin(), spots.end());
  return spots;
}

char byte_at(const Candidate& whole, const Spot& spot) {
  return whole[spot.part].bytes[spot.at];
}

std::vector<Spots> single_bytes(const Candidate& whole) {
  std::vector<Spots> places;
  for (const Spot& spot : not_plain(whole)) places.push_back({spot});
  return places;
}

// What stands once only is left to the single bytes. In the order of the last place where it
// stands.
template <typename Text>
std::vector<Spots> repeated(const std::map<Text, std::vector<Spots>>& found) {
  std::vector<Spots> places;
  for (const auto& [text, where] : found) {
    if (where.size() < 2) continue;
    Spots& place = places.emplace_back();
    for (const Spots& spots : where) place.insert(place.end(), spots.begin(), spots.end());
  }
  std::sort(places.begin(), places.end(), [](const Spots& a, const Spots& b) {
    return std::pair(a.back().part, a.back().at) < std::pair(b.back().part, b.back().at);
  });
  return places;
}

std::vector<Spots> repeated_bytes(const Candidate& whole) {
  std::map<char, std::vector<Spots>> found;
  for (const Spot& spot : not_plain(whole)) found[byte_at(whole, spot)].push_back({spot});
  return repeated(found);
}

std::vector<Spots> repeated_runs(const Candidate& whole) {
  std::map<std::string, std::vector<Spots>> found;
  for (std::size_t part = 0; part < whole.size(); ++part) {
    const std::string& bytes = whole[part].bytes;
    for (std::size_t begin = 0; begin < bytes.size();) {
      std::size_t end = begin;
      while (end < bytes.size() && in_word(bytes[end])) ++end;
      Spots spots;
      for (std::size_t at = begin; at < end; ++at) {
        if (bytes[at] != plain(bytes[at])) spots.push_back({.part = part, .at = at});
      }
      if (!spots.empty() && end - begin > 1) {
        found[bytes.substr(begin, end - begin)].push_back(std::move(spots));
      }
      begin = end + 1;
    }
  }
  return repeated(found);
}

using PlacesOf = std::vector<Spots> (*)(const Candidate&);

// The steps one after the other, each from what the one before it left.
class Values {
 public:
  Values(const Candidate& whole, CandidateOracle& oracle, const RewriteOptions& options)
      : oracle_(oracle), options_(options) {
    options_.certify_share = 1;
    now_.candidate = whole;
  }

  RewriteResult run() {
    Candidate before;
    do {
      before = now_.candidate;
      step(repeated_runs);
      step(repeated_bytes);
      step(single_bytes);
      const bool proven = now_.one_minimal;
      const Candidate plainest = now_.candidate;
      if (!now_.stopped) take(minimize_numbers(now_.candidate, oracle_, after(options_, now_)));
      now_.one_minimal = proven && now_.candidate == plainest;
    } while (!now_.stopped && now_.candidate != before);
    return std::move(now_);
  }

 private:
  void step(PlacesOf places_of) {
    if (now_.stopped) return;
    const Candidate whole = now_.candidate;
    take(rewrite(MadePlain(whole, places_of(whole)), oracle_, after(options_, now_)));
  }

  void take(RewriteResult found) {
    found.count_also(now_);
    now_ = std::move(found);
  }

  CandidateOracle& oracle_;
  RewriteOptions options_;
  RewriteResult now_;
};

}  // namespace

char plain(char byte) {
  if (between('0', byte, '9')) return '0';
  if (between('a', byte, 'z')) return 'a';
  if (between('A', byte, 'Z')) return 'A';
  return byte == '\n' || byte == '\r' ? byte : ' ';
}

RewriteResult minimize_values(const Candidate& whole, CandidateOracle& oracle,
                              const RewriteOptions& options) {
  return Values(whole, oracle, options).run();
}

}  // namespace crashreel
