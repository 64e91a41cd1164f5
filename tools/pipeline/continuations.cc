#include "tools/pipeline/continuations.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace crashreel {
namespace {

constexpr int kRounds = 12;
constexpr std::size_t kLongestKind = 16;
constexpr std::size_t kBareKind = 4;

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

struct Kind {
  std::string name;
  std::size_t first = 0;  // position of the first of them
  std::uint64_t count = 0;
};

// The most frequent first; equal ones as they came.
std::vector<Kind> kinds_before(const Reel& reel, std::size_t end) {
  std::map<std::string, Kind> known;
  for (std::size_t i = 0; i < end; ++i) {
    const Input& input = reel.inputs[i];
    if (input.kind != InputKind::kData || input.data.empty()) continue;
    const std::string name = kind_of(input.data);
    ++known.try_emplace(name, Kind{.name = name, .first = i}).first->second.count;
  }
  std::vector<Kind> kinds;
  for (auto& [name, kind] : known) kinds.push_back(std::move(kind));
  std::ranges::sort(kinds, [](const Kind& a, const Kind& b) {
    return a.count != b.count ? a.count > b.count : a.first < b.first;
  });
  return kinds;
}

std::uint32_t unused_session(const Reel& reel) {
  std::uint32_t last = 0;
  for (const Input& input : reel.inputs) {
    if (input.session != kNoSession) last = std::max(last, input.session);
  }
  return last + 1;
}

}  // namespace

std::string kind_of(const std::string& payload) {
  const auto begin = std::ranges::find_if(payload, is_letter);
  const auto end = std::find_if_not(begin, payload.end(), is_letter);
  if (begin == end) return payload.substr(0, kBareKind);
  return std::string(begin, end).substr(0, kLongestKind);
}

Continuations::Continuations(const Reel& reel, std::size_t trigger, std::size_t most)
    : reel_(reel) {
  std::vector<Kind> kinds = kinds_before(reel, trigger + 1);
  const Input& last = reel.inputs[trigger];
  if (kinds.size() > most) {
    const auto least = kinds.begin() + static_cast<std::ptrdiff_t>(most) - 1;
    const auto own = std::ranges::find(kinds, kind_of(last.data), &Kind::name);
    if (own != kinds.end() && own > least) std::iter_swap(own, least);
    kinds.resize(most);
  }
  const bool has_sessions = reel.program.kind == TargetKind::kServer;
  const std::uint32_t own_session = unused_session(reel);
  const auto opening = std::ranges::find_if(reel.inputs, [&](const Input& input) {
    return input.kind == InputKind::kOpen && input.session == last.session;
  });
  for (const Kind& kind : kinds) {
    std::vector<const Input*>& inputs = inputs_.emplace_back();
    Input made = reel.inputs[kind.first];
    made.place = Place::kTail;
    made.seq = reel.inputs.back().seq + 1;
    made.time_ns = last.time_ns;
    if (has_sessions) {
      made.session = own_session;
      Input open = made;
      open.kind = InputKind::kOpen;
      open.data = opening != reel.inputs.end() ? opening->data : "tcp inbound";
      inputs.push_back(&made_.emplace_back(std::move(open)));
      inputs.push_back(&made_.emplace_back(made));
    }
    if (!has_sessions || last.session != kNoSession) {
      if (last.session != kNoSession) made.session = last.session;
      inputs.push_back(&made_.emplace_back(std::move(made)));
    }
    kinds_.push_back(kind.name);
    said_.push_back(kind.first);
  }
}

Sequence Continuations::after(std::size_t end, std::size_t number) const {
  Sequence sequence;
  sequence.reserve(end + kRounds * 2 + 1);
  bool closed = false;
  const std::vector<const Input*>& inputs = inputs_[number];
  for (std::size_t i = 0; i < end; ++i) {
    const Input& input = reel_.inputs[i];
    sequence.push_back(&input);
    closed |= input.kind == InputKind::kClose && input.session == inputs.back()->session;
  }
  for (int round = 0; round < kRounds; ++round) {
    for (const Input* input : inputs) {
      if (input->kind == InputKind::kOpen && round > 0) continue;
      if (closed && input == inputs.back() && inputs.size() > 2) continue;
      sequence.push_back(input);
    }
  }
  return sequence;
}

}  // namespace crashreel
