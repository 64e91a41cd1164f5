// How few questions could any minimizer hope to ask?
//
// To tell which k of N items are needed takes log2 C(N,k) answers of yes or no, and k more prove
// that none of the k can go; one confirms the whole. That is the yardstick of every figure here.
// Not a strict bound: an answer of the search now and then serves as a proof too, so a lucky run
// ends a little below. It knows nothing of what the items depend on.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace crashreel {

// log2 of "items choose needed". A sum of logarithms where it is short: it is exact to 1e-15 or so
// however many items there are. Beyond, the logarithm of the gamma function.
inline double log2_choose(std::uint64_t items, std::uint64_t needed) {
  if (needed >= items) return 0;
  constexpr std::uint64_t kShortSum = 1024;
  const std::uint64_t chosen = std::min(needed, items - needed);
  long double bits = 0;
  if (chosen <= kShortSum) {
    for (std::uint64_t i = 1; i <= chosen; ++i) {
      bits += std::log2(static_cast<long double>(items - chosen + i) / static_cast<long double>(i));
    }
  } else {
    const auto log_factorial = [](std::uint64_t n) {
      return std::lgamma(static_cast<long double>(n) + 1);
    };
    bits = (log_factorial(items) - log_factorial(chosen) - log_factorial(items - chosen)) /
           std::log(2.0L);
  }
  return static_cast<double>(bits);
}

// ceil(log2 C(items, needed)) + needed + 1. The tolerance keeps an exact power of two exact.
inline std::uint64_t question_bound(std::uint64_t items, std::uint64_t needed) {
  constexpr double kRounding = 1e-12;
  const double bits = std::ceil(log2_choose(items, needed) - kRounding);
  return static_cast<std::uint64_t>(std::fmax(bits, 0)) + needed + 1;
}

}  // namespace crashreel
