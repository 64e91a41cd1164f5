#include "capture/preload/known_sessions.h"

#include <string.h>
#include <sys/auxv.h>

namespace crashreel {
namespace {

constexpr std::uint64_t kTagMask = 0xffffffff00000000u;

std::uint64_t seed() {
  std::uint64_t random = 0;
  const auto at = ::getauxval(AT_RANDOM);  // 16 bytes from the kernel
  if (at != 0) ::memcpy(&random, reinterpret_cast<const void*>(at), sizeof(random));
  return random;
}

// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

}  // namespace

std::uint64_t hash_of(std::uint32_t owner, const void* bytes, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint64_t hash = mix(seed() + owner + (std::uint64_t{size} << 32));
  while (size > 0) {
    std::uint64_t piece = 0;
    const std::size_t taken = size < sizeof(piece) ? size : sizeof(piece);
    ::memcpy(&piece, at, taken);
    hash = mix(hash ^ piece);
    at += taken;
    size -= taken;
  }
  return hash;
}

bool KnownSessions::clear(Entry& entry, std::uint64_t word) {
  return __atomic_compare_exchange_n(&entry.word, &word, std::uint64_t{0}, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED);
}

std::uint32_t KnownSessions::find(std::uint64_t hash) {
  Entry* ways = ways_of(hash);
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::uint64_t word = __atomic_load_n(&ways[i].word, __ATOMIC_ACQUIRE);
    if (word == 0 || (word & kTagMask) != (hash & kTagMask)) continue;
    __atomic_store_n(&ways[i].used, now(), __ATOMIC_RELAXED);
    return static_cast<std::uint32_t>(word);
  }
  return 0;
}

KnownSessions::Added KnownSessions::add(std::uint64_t hash, std::uint32_t session,
                                        std::uint32_t owner) {
  Entry* ways = ways_of(hash);
  const std::uint32_t time = now();
  Entry* chosen = ways;
  std::uint64_t before = 0;
  std::uint32_t longest = 0;
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::uint64_t word = __atomic_load_n(&ways[i].word, __ATOMIC_ACQUIRE);
    const std::uint32_t silent = time - __atomic_load_n(&ways[i].used, __ATOMIC_RELAXED);
    if (word != 0 && silent < longest) continue;
    chosen = &ways[i];
    before = word;
    longest = silent;
    if (word == 0) break;
  }
  // Two that add the same hash choose the same place, and one of them fails here.
  const std::uint64_t after = (hash & kTagMask) | session;
  const std::uint32_t evicted = static_cast<std::uint32_t>(before);
  const bool done = __atomic_compare_exchange_n(&chosen->word, &before, after, false,
                                                __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  if (!done) return {false, 0};
  __atomic_store_n(&chosen->owner, owner, __ATOMIC_RELAXED);
  __atomic_store_n(&chosen->used, time, __ATOMIC_RELAXED);
  return {true, evicted};
}

}  // namespace crashreel
