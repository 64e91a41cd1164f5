#include "capture/runtime/ring_pins.h"

#include <string.h>

#include "capture/runtime/keep_errno.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_owner.h"

namespace crashreel::ring {
namespace {

constexpr std::uint32_t kUsualPins = 32;

struct Pins {
  PinsHeader* header;
  unsigned char* first;
  std::uint32_t count;
  std::uint32_t bytes;
};

constinit Pins g_pins = {.header = nullptr, .first = nullptr, .count = 0, .bytes = 0};

PinHeader& pin_at(std::uint32_t index) {
  return *reinterpret_cast<PinHeader*>(g_pins.first + std::uint64_t{index} * g_pins.bytes);
}

// Keys are few and never given up, so the first free pin behind all others is where a new one
// belongs, and whoever loses the race for it looks whether the winner has the same key.
PinHeader* find_or_take(std::uint64_t hash) {
  for (std::uint32_t i = 0; i < g_pins.count; ++i) {
    std::uint64_t seen = 0;
    PinHeader& pin = pin_at(i);
    const bool taken = __atomic_compare_exchange_n(&pin.key_hash, &seen, hash, false,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    if (taken || seen == hash) return &pin;
  }
  return nullptr;
}

unsigned char* copy_of(PinHeader& pin, std::uint64_t version) {
  return reinterpret_cast<unsigned char*>(&pin) + sizeof(PinHeader) +
         (version & 1) * bytes_per_copy(g_pins.bytes);
}

// The stamp of the copy that counts: a thread that was slower to come here may have the older one.
std::uint64_t stamp_of(PinHeader& pin) {
  if (pin.version == 0) return 0;
  return reinterpret_cast<const CopyHeader*>(copy_of(pin, pin.version) + sizeof(PinKey))
      ->record.stamp;
}

// Into the copy that does not count, which the release store of the version then makes the one that
// does.
void write_pin(PinHeader& pin, const char* key, std::size_t key_size, const Recorded& input,
               const Recorded* masks) {
  const std::uint64_t version = pin.version + 1;
  unsigned char* at = copy_of(pin, version);
  PinKey name{};
  name.size = static_cast<std::uint32_t>(key_size);
  ::memcpy(name.bytes, key, key_size);
  name.check = static_cast<std::uint32_t>(hash_of_key(key, key_size) >> 32);
  *reinterpret_cast<PinKey*>(at) = name;
  const unsigned char* const end = at + bytes_per_copy(g_pins.bytes);
  at += sizeof name;
  write_copy(at, input);
  at += copy_bytes_of(input);
  if (masks != nullptr) {
    write_copy(at, *masks);
  } else if (static_cast<std::size_t>(end - at) >= sizeof(CopyHeader)) {
    *reinterpret_cast<CopyHeader*>(at) = {};
  }
  __atomic_store_n(&pin.version, version, __ATOMIC_RELEASE);
}

bool swap_lock(PinHeader& pin, std::uint32_t& seen, std::uint32_t wanted) {
  return __atomic_compare_exchange_n(&pin.lock, &seen, wanted, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED);
}

// Nobody waits for another who is writing. But a process that was killed in here would keep the key
// at its old input for good; what it left half written is the copy that does not count. Asked only
// where there are others than the ring's own process, for a filter of system calls may kill whoever
// asks.
bool lock(PinHeader& pin, const Recorded& input) {
  std::uint64_t& others = g_pins.header->others;
  if (input.pid != g_ring.super->pid) __atomic_store_n(&others, 1u, __ATOMIC_RELAXED);
  std::uint32_t holder = 0;
  if (swap_lock(pin, holder, input.tid)) return true;
  if (__atomic_load_n(&others, __ATOMIC_RELAXED) == 0) return false;
  const KeepErrno keep;
  return tids_are_ours() && is_gone(holder) && swap_lock(pin, holder, input.tid);
}

}  // namespace

Region plan_pins(std::uint64_t offset, std::uint64_t bytes, std::uint64_t keys) {
  std::uint64_t count = keys == 0 ? kUsualPins : keys < kMostPins ? keys : kMostPins;
  if (bytes < sizeof(PinsHeader)) return {};
  const std::uint64_t room = bytes - sizeof(PinsHeader);
  if (room / count < kMinPinBytes) count = room / kMinPinBytes;
  if (count == 0) return {};
  std::uint64_t each = room / count / 64 * 64;
  if (each > kMaxPinBytes) each = kMaxPinBytes;
  return {offset, sizeof(PinsHeader) + count * each, static_cast<std::uint32_t>(each),
          static_cast<std::uint32_t>(count)};
}

void set_up_pins(unsigned char* base, const Region& region) {
  g_pins.count = region.count;
  if (region.count == 0) return;
  g_pins.header = reinterpret_cast<PinsHeader*>(base + region.offset);
  g_pins.first = base + region.offset + sizeof(PinsHeader);
  g_pins.bytes = region.stride;
}

void keep_pin(const char* key, const Recorded& input, const Recorded* masks) {
  if (g_pins.count == 0) return;
  const std::size_t key_size = ::strnlen(key, kMostKeyBytes + 1);
  PinHeader* pin = key_size == 0 || key_size > kMostKeyBytes
                       ? nullptr
                       : find_or_take(hash_of_key(key, key_size));
  if (pin == nullptr) {
    __atomic_fetch_add(&g_pins.header->refused, 1u, __ATOMIC_RELAXED);
    return;
  }
  const std::uint64_t room = bytes_per_copy(g_pins.bytes) - sizeof(PinKey);
  const std::uint64_t masks_bytes = masks == nullptr ? 0 : copy_bytes_of(*masks);
  const bool fits = input.size <= room && copy_bytes_of(input) + masks_bytes <= room;
  if (!fits || !lock(*pin, input)) {
    __atomic_fetch_add(&pin->missed, 1u, __ATOMIC_RELAXED);
    return;
  }
  if (input.stamp > stamp_of(*pin)) write_pin(*pin, key, key_size, input, masks);
  __atomic_store_n(&pin->lock, 0u, __ATOMIC_RELEASE);
}

void let_go_of_pins(std::uint32_t tid) {
  if (tid == 0) return;
  for (std::uint32_t i = 0; i < g_pins.count; ++i) {
    PinHeader& pin = pin_at(i);
    if (__atomic_load_n(&pin.lock, __ATOMIC_RELAXED) != tid) continue;
    __atomic_fetch_add(&pin.missed, 1u, __ATOMIC_RELAXED);
    __atomic_store_n(&pin.lock, 0u, __ATOMIC_RELEASE);
  }
}

}  // namespace crashreel::ring
