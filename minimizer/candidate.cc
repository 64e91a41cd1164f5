#include "minimizer/candidate.h"

#include <algorithm>

namespace crashreel {
namespace {

std::strong_ordering compare_bytes(const std::string& a, const std::string& b) {
  if (const auto sizes = a.size() <=> b.size(); sizes != 0) return sizes;
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (const auto ranks = rank_of(a[at]) <=> rank_of(b[at]); ranks != 0) return ranks;
  }
  return std::strong_ordering::equal;
}

struct Waits {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  auto operator<=>(const Waits&) const = default;
};

Waits waits_in(const Candidate& candidate) {
  Waits waits;
  for (const Part& part : candidate) {
    waits.count += part.wait_ns != 0 ? 1 : 0;
    waits.sum += part.wait_ns;
  }
  return waits;
}

bool between(char first, char byte, char last) {
  return first <= byte && byte <= last;
}

}  // namespace

std::uint64_t bytes_in(const Candidate& candidate) {
  std::uint64_t bytes = 0;
  for (const Part& part : candidate) bytes += part.bytes.size();
  return bytes;
}

std::uint8_t rank_of(char byte) {
  constexpr int kDigits = 1, kSmall = kDigits + 10, kLarge = kSmall + 26, kRest = kLarge + 26;
  const auto code = static_cast<unsigned char>(byte);
  int rank = 0;
  if (between('0', byte, '9')) {
    rank = kDigits + (byte - '0');
  } else if (between('a', byte, 'z')) {
    rank = kSmall + (byte - 'a');
  } else if (between('A', byte, 'Z')) {
    rank = kLarge + (byte - 'A');
  } else if (byte != ' ') {
    // The rest in the order of their codes, those already ranked taken out.
    const int before = (code > ' ') + 10 * (code > '9') + 26 * (code > 'Z') + 26 * (code > 'z');
    rank = kRest + code - before;
  }
  return static_cast<std::uint8_t>(rank);
}

std::strong_ordering compare(const Candidate& a, const Candidate& b) {
  if (const auto inputs = a.size() <=> b.size(); inputs != 0) return inputs;
  if (const auto bytes = bytes_in(a) <=> bytes_in(b); bytes != 0) return bytes;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const auto plainer = compare_bytes(a[i].bytes, b[i].bytes); plainer != 0) return plainer;
  }
  if (const auto waits = waits_in(a) <=> waits_in(b); waits != 0) return waits;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const auto wait = a[i].wait_ns <=> b[i].wait_ns; wait != 0) return wait;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const auto input = a[i].input <=> b[i].input; input != 0) return input;
  }
  return std::strong_ordering::equal;
}

ContentKey content_key(std::span<const Part> candidate) {
  std::vector<std::string> contents;
  contents.reserve(2 * candidate.size());
  for (const Part& part : candidate) {
    contents.push_back(std::to_string(part.input) + " " + std::to_string(part.wait_ns));
    contents.push_back(part.bytes);
  }
  return content_key(contents);
}

std::vector<Verdict> CandidateOracle::ask_all(std::span<const Candidate> candidates) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(candidates.size());
  for (const Candidate& candidate : candidates) verdicts.push_back(ask(candidate));
  return verdicts;
}

}  // namespace crashreel
