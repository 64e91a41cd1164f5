// Which session is it that has no descriptor of its own?
//
// The peers of a datagram socket, and TLS connections that the program feeds itself: found by a
// hash of what tells them apart. A table of fixed size: whoever has said nothing for longest makes
// room for the next. Never waits, allocates or changes errno; may be used in a signal handler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel {

inline constexpr std::size_t kMostKnownSessions = 1024;

class KnownSessions {
 public:
  constexpr KnownSessions() = default;
  KnownSessions(const KnownSessions&) = delete;
  KnownSessions& operator=(const KnownSessions&) = delete;

  // 0: none. Standard input, which has this number, is never in here.
  std::uint32_t find(std::uint64_t hash);

  struct Added {
    bool done;              // else another thread was faster: find again
    std::uint32_t evicted;  // the session that made room, 0 for none
  };
  // `owner` is for forget_owned().
  Added add(std::uint64_t hash, std::uint32_t session, std::uint32_t owner);

  // Calls `gone` for each session of `owner`.
  template <typename Gone>
  void forget_owned(std::uint32_t owner, Gone gone) {
    for (Entry& entry : entries_) {
      const std::uint64_t word = __atomic_load_n(&entry.word, __ATOMIC_ACQUIRE);
      if (word == 0 || __atomic_load_n(&entry.owner, __ATOMIC_RELAXED) != owner) continue;
      if (clear(entry, word)) gone(static_cast<std::uint32_t>(word));
    }
  }

 private:
  // So many places has each hash.
  static constexpr std::size_t kWays = 8;

  struct Entry {
    std::uint64_t word = 0;  // upper half of the hash, then the session; 0: free
    std::uint32_t owner = 0;
    std::uint32_t used = 0;  // when
  };

  static bool clear(Entry& entry, std::uint64_t word);
  Entry* ways_of(std::uint64_t hash) {
    return entries_ + hash % (kMostKnownSessions / kWays) * kWays;
  }
  std::uint32_t now() { return __atomic_add_fetch(&clock_, 1u, __ATOMIC_RELAXED); }

  Entry entries_[kMostKnownSessions] = {};
  std::uint32_t clock_ = 0;
};

// Differs from run to run, so that no sender can choose whom it is taken for.
std::uint64_t hash_of(std::uint32_t owner, const void* bytes, std::size_t size);

}  // namespace crashreel
