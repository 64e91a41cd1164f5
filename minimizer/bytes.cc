#include "minimizer/bytes.h"

namespace crashreel {
namespace {

// The bytes of all inputs in one row.
class BytesInARow : public Rewrite {
 public:
  explicit BytesInARow(const Candidate& whole) : whole_(whole), first_shrunk_(whole.size()) {
    std::uint64_t bytes = 0;
    while (first_shrunk_ > 0) {
      bytes += whole[first_shrunk_ - 1].bytes.size();
      if (bytes > kMaxShrunkBytes) break;
      --first_shrunk_;
    }
    for (std::size_t i = first_shrunk_; i < whole.size(); ++i) {
      places_.resize(places_.size() + whole[i].bytes.size(),
                     {.group = static_cast<std::uint32_t>(i), .bytes = 1});
    }
  }

  std::span<const Item> places() const override { return places_; }

  Candidate with(std::span<const std::uint32_t> kept) const override {
    Candidate candidate(whole_.begin(),
                        whole_.begin() + static_cast<std::ptrdiff_t>(first_shrunk_));
    std::size_t at = 0;
    std::size_t begin = 0;
    for (std::size_t i = first_shrunk_; i < whole_.size(); ++i) {
      const Part& original = whole_[i];
      Part& part = candidate.emplace_back(
          Part{.input = original.input, .bytes = {}, .wait_ns = original.wait_ns});
      const std::size_t end = begin + original.bytes.size();
      for (; at < kept.size() && kept[at] < end; ++at) {
        part.bytes += original.bytes[kept[at] - begin];
      }
      begin = end;
    }
    return candidate;
  }

 private:
  const Candidate& whole_;
  std::size_t first_shrunk_;  // those before it stay whole
  std::vector<Item> places_;
};

}  // namespace

RewriteResult minimize_bytes(const Candidate& whole, CandidateOracle& oracle,
                             const RewriteOptions& options) {
  return rewrite(BytesInARow(whole), oracle, options);
}

}  // namespace crashreel
