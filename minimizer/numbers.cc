#include "minimizer/numbers.h"

#include <utility>

#include "minimizer/smallest.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostDigits = 18;  // fits 64 bits

bool is_digit(char byte) {
  return '0' <= byte && byte <= '9';
}

struct Number {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The last one before `limit`, if there is one.
bool last_number(const std::string& bytes, std::size_t limit, Number& number) {
  while (limit > 0 && !is_digit(bytes[limit - 1])) --limit;
  number.end = limit;
  while (limit > 0 && is_digit(bytes[limit - 1])) --limit;
  number.begin = limit;
  return number.begin < number.end;
}

// In no more digits than there were: a smaller number is written without leading zeros, unless it
// is the same number, which stays as it is.
std::string written(std::uint64_t number, const std::string& before) {
  return number == std::stoull(before) ? before : std::to_string(number);
}

}  // namespace

RewriteResult minimize_numbers(const Candidate& whole, CandidateOracle& oracle,
                               const RewriteOptions& options) {
  RewriteResult now;
  now.candidate = whole;
  for (std::size_t part = whole.size(); part-- > 0;) {
    Number place;
    for (std::size_t limit = whole[part].bytes.size();
         last_number(now.candidate[part].bytes, limit, place); limit = place.begin) {
      const std::size_t length = place.end - place.begin;
      if (length > kMostDigits) continue;
      const Candidate before = now.candidate;
      const std::string digits = before[part].bytes.substr(place.begin, length);
      const auto with = [&](std::uint64_t number) {
        Candidate candidate = before;
        candidate[part].bytes.replace(place.begin, length, written(number, digits));
        return candidate;
      };
      Smallest smallest = smallest_number(std::stoull(digits), with, oracle, after(options, now));
      smallest.found.count_also(now);
      now = std::move(smallest.found);
      if (now.stopped) return now;
    }
  }
  return now;
}

}  // namespace crashreel
