// Which bytes of a payload are secret, and what stands in the ring for them?
//
// Finds what the rules name in one payload, and copies payloads with that replaced. Knows neither
// the ring nor sessions. The same for recording and for salvage; libc only, no allocation, safe in
// signal handlers. Payloads may be hostile: the time is bounded by the length of the payload times
// that of the rules' texts, and mostly that of one memmem() for each rule.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/runtime/redact_hash.h"
#include "capture/runtime/redact_rules.h"

namespace crashreel::redact {

// Of one payload. If it has more, all from the last of these on is masked.
inline constexpr std::size_t kMostRanges = 32;

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t hash = 0;  // of the bytes, once sealed; where they are hashed
  std::uint32_t rule = 0;  // its number from 1; 0: the application said so
  Action action = Action::kMask;
};

// Rising and apart from each other, once sealed.
struct Ranges {
  std::uint32_t count = 0;
  std::size_t size = 0;  // of the payload
  Range list[kMostRanges];

  bool none() const { return count == 0; }
  // The payload is left out.
  bool drops() const { return count != 0 && list[0].action == Action::kDrop; }

  // Of those that overlap, one is made: the rule of the first, and mask where they differ. A
  // dropped range drops the whole. Clamped to the payload; empty ones are ignored.
  void add(std::size_t begin, std::size_t end, std::uint32_t rule, Action action);
  // The whole payload, whatever was added before.
  void add_all(std::uint32_t rule, Action action);

 private:
  struct Overlap {  // places in the list: [low, high)
    std::uint32_t low;
    std::uint32_t high;
  };
  Overlap overlap_with(std::size_t begin, std::size_t end) const;
};

// Adds what literal and after rules find.
void find(const Rules& rules, const unsigned char* bytes, Ranges& ranges);

// Computes the hashes. After it the ranges are ready to be copied.
void seal(const Key& key, const unsigned char* bytes, Ranges& ranges);

// Copies bytes[from, from + size), the secret ones replaced. `to` never holds a secret byte, not
// even for a moment. Not for payloads that are dropped.
void copy(const Ranges& ranges, const Key& key, const unsigned char* bytes, std::size_t from,
          unsigned char* to, std::size_t size);

// "57 1:mask:5+7 3:hash:20+16": the payload's size, then of each range the number of its rule, what
// was done, begin and length. The payload of a CRASHREEL_MASKED record. Returns the length.
inline constexpr std::size_t kMostMaskText = 21 + kMostRanges * 50;
std::size_t text_of(const Ranges& ranges, char (&text)[kMostMaskText]);

}  // namespace crashreel::redact
