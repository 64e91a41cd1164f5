#include "harness/echoes.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/runtime/output_digest.h"
#include "harness/words_of.h"

namespace crashreel {
namespace {

constexpr std::size_t kLeastWord = 6;
// What is only likely an echo is to look made by chance, not by people or as a date.
constexpr std::size_t kLeastLikely = 8;
constexpr std::size_t kLeastNumber = 16;
constexpr std::size_t kMostWord = 512;
// In one answer so many words are put in, in so many ways. What is more is not looked at.
constexpr std::size_t kMostSlots = 4;
constexpr std::size_t kMostWays = 256;
// In all so many bytes are digested and searched through.
constexpr std::uint64_t kMostWork = 512 << 20;

// What clients said.
struct Said {
  FoundWord word;
  const Input* first = nullptr;
  std::optional<bool> is_known;  // some answer of the replay has it; empty: nobody has looked
};
using SaidBySize = std::map<std::size_t, std::vector<Said>>;

// A word that differs from replay to replay, and what clients said of its kind afterwards.
struct Slot {
  std::size_t at = 0;  // in the answer
  FoundWord word;
  std::vector<const Said*> said;
};

SaidBySize said_in(const Reel& reel, Alphabet alphabet) {
  SaidBySize said;
  std::unordered_map<std::string_view, bool> seen;
  for (const Input& input : reel.inputs) {
    if (input.kind != InputKind::kData) continue;
    for (const FoundWord& word : words_of(input.data, alphabet, kLeastWord)) {
      if (word.text.size() > kMostWord || !seen.emplace(word.text, true).second) continue;
      said[word.text.size()].push_back({word, &input, {}});
    }
  }
  return said;
}

bool looks_made(std::string_view word) {
  const auto digits = static_cast<std::size_t>(
      std::ranges::count_if(word, [](char c) { return c >= '0' && c <= '9'; }));
  return word.size() >= (digits == word.size() ? kLeastNumber : kLeastLikely) && digits >= 2;
}

class Search {
 public:
  Search(const Reel& reel, Alphabet alphabet, std::span<const ReplayedAnswer> replayed,
         std::span<const ReplayedAnswer> again)
      : alphabet_(alphabet), replayed_(replayed), said_(said_in(reel, alphabet)) {
    for (const ReplayedAnswer& answer : again) again_.emplace(answer.to, &answer);
  }

  // `production`: null, or what is known of its answer.
  void look_at(const ReplayedAnswer& answer, const AnswerDigest* production) {
    if (production != nullptr && *production == answer.digest) return;
    const auto again = again_.find(answer.to);
    if (again == again_.end() || answer.bytes.empty()) return;
    const std::vector<Slot> slots = slots_of(answer, again->second->bytes);
    if (slots.empty()) return;
    if (production != nullptr && production->bytes == answer.bytes.size() &&
        prove(answer, *production, slots)) {
      return;
    }
    for (const Slot& slot : slots) guess(answer, slot);
  }

  const std::optional<Echo>& found() const { return found_; }

 private:
  std::vector<Slot> slots_of(const ReplayedAnswer& answer, std::string_view again) {
    const std::vector<FoundWord> here = words_of(answer.bytes, alphabet_, kLeastWord);
    const std::vector<FoundWord> there = words_of(again, alphabet_, kLeastWord);
    std::vector<Slot> slots;
    for (std::size_t i = 0; here.size() == there.size() && i < here.size(); ++i) {
      if (here[i].text == there[i].text || !are_alike(here[i].text, there[i].text)) continue;
      const auto at = static_cast<std::size_t>(here[i].text.data() - answer.bytes.data());
      Slot slot = {at, here[i], said_of_kind(here[i], *answer.to)};
      if (!slot.said.empty()) slots.push_back(std::move(slot));
    }
    if (slots.size() > kMostSlots) slots.clear();
    return slots;
  }

  std::vector<const Said*> said_of_kind(const FoundWord& word, const Input& issued) {
    std::vector<const Said*> all;
    const auto of_size = said_.find(word.text.size());
    if (of_size == said_.end()) return all;
    for (Said& said : of_size->second) {
      if (said.first->seq > issued.seq && are_alike(said.word.text, word.text) && !is_known(said)) {
        all.push_back(&said);
      }
    }
    return all;
  }

  bool is_known(Said& said) {
    if (said.is_known) return *said.is_known;
    if (work_ > kMostWork) return true;
    said.is_known = std::ranges::any_of(replayed_, [&](const ReplayedAnswer& answer) {
      work_ += answer.bytes.size();
      return answer.bytes.find(said.word.text) != std::string::npos;
    });
    return *said.is_known;
  }

  // Each slot has its own word, or one that was said: which of all the ways is production's?
  bool prove(const ReplayedAnswer& answer, const AnswerDigest& production,
             const std::vector<Slot>& slots) {
    std::size_t ways = 1;
    for (const Slot& slot : slots) {
      if (slot.said.size() >= kMostWays) return false;
      ways *= slot.said.size() + 1;
      if (ways > kMostWays) return false;
    }
    for (std::size_t way = 1; way < ways && work_ < kMostWork; ++way) {
      std::string bytes = answer.bytes;
      std::vector<const Said*> put_in;
      std::size_t rest = way;
      for (const Slot& slot : slots) {
        const std::size_t choice = rest % (slot.said.size() + 1);
        rest /= slot.said.size() + 1;
        if (choice == 0) continue;
        put_in.push_back(slot.said[choice - 1]);
        bytes.replace(slot.at, slot.word.text.size(), put_in.back()->word.text);
      }
      work_ += bytes.size();
      OutputDigest digest;
      digest.add(bytes.data(), bytes.size());
      if (digest.value() != production.value) continue;
      for (const Said* said : put_in) note(*said, *answer.to, true);
      return true;
    }
    return false;
  }

  void guess(const ReplayedAnswer& answer, const Slot& slot) {
    for (const Said* said : slot.said) {
      if (!looks_made(said->word.text) || !looks_made(slot.word.text)) continue;
      if (is_same_name(said->word.name, slot.word.name)) note(*said, *answer.to, false);
    }
  }

  void note(const Said& said, const Input& issued, bool is_certain) {
    if (!noted_.emplace(said.word.text, true).second) return;
    const std::size_t words = noted_.size();
    if (!found_ || (is_certain && !found_->is_certain)) {
      found_ = Echo{.by = said.first,
                    .issued = &issued,
                    .word = said.word.text,
                    .is_certain = is_certain,
                    .words = 0};
    }
    found_->words = words;
  }

  Alphabet alphabet_;
  std::span<const ReplayedAnswer> replayed_;
  std::unordered_map<const Input*, const ReplayedAnswer*> again_;
  SaidBySize said_;
  std::unordered_map<std::string_view, bool> noted_;
  std::optional<Echo> found_;
  std::uint64_t work_ = 0;
};

}  // namespace

std::optional<Echo> find_echoes(const Reel& reel, std::span<const RecordedAnswer> recorded,
                                std::span<const ReplayedAnswer> replayed,
                                std::span<const ReplayedAnswer> again) {
  std::unordered_map<const Input*, const AnswerDigest*> production;
  for (const RecordedAnswer& answer : recorded) {
    if (answer.is_digested) production.emplace(answer.to, &answer.digest);
  }
  for (const Alphabet alphabet : {Alphabet::kNarrow, Alphabet::kWide}) {
    Search search(reel, alphabet, replayed, again);
    for (const ReplayedAnswer& answer : replayed) {
      const auto known = production.find(answer.to);
      search.look_at(answer, known == production.end() ? nullptr : known->second);
    }
    if (search.found()) return search.found();
  }
  return std::nullopt;
}

}  // namespace crashreel
