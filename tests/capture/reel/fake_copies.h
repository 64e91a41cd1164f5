// Heads and pins of a ring written by hand, as RING.md says and by none of the recorder's code:
//
//   FakeRing ring({.heads = 4, .pins = 2});
//   FakeHead(ring, 0, 7).open(10).data(20, "AUTH");     the head of session 7
//   pin(ring, 0, "schema", 30, "CREATE");
//
// Stamps are nanoseconds since the program's start; a slot is told once for each head.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "tests/capture/reel/fake_ring.h"

namespace crashreel {

inline ring::CopyHeader fake_copy(std::uint64_t stamp, InputKind kind, std::uint32_t session,
                                  std::size_t size, std::uint32_t slot) {
  const auto length = static_cast<std::uint32_t>(size);
  ring::CopyHeader copy{
      ring::pack_record({length, static_cast<std::uint32_t>(kind), ring::kFirst | ring::kLast,
                         session, length, kFakeStart + stamp}),
      slot, 100, 100 + slot, 0};
  copy.check = ring::check_of(copy);
  return copy;
}

class FakeHead {
 public:
  FakeHead(FakeRing& ring, std::uint32_t index, std::uint32_t session,
           std::uint32_t state = ring::kHeadUsed, std::uint32_t slot = 0)
      : session_(session), slot_(slot) {
    const ring::Region& heads = ring.super().heads;
    unsigned char* region = ring.raw().data() + heads.offset;
    const ring::HeadEntry entry = ring::head_entry(session, state);
    std::memcpy(region + ring::head_entries_at(heads.count) + index * sizeof entry, &entry,
                sizeof entry);
    at_ = region + ring::first_head_at(heads.count) + std::size_t{index} * heads.stride;
    header().commit = ring::pack({1, 0, committed_});
  }

  FakeHead& data(std::uint64_t stamp, std::string_view bytes) {
    return add(stamp, InputKind::kData, bytes);
  }
  FakeHead& open(std::uint64_t stamp, std::string_view what = "tcp inbound") {
    return add(stamp, InputKind::kOpen, what);
  }

  ring::HeadHeader& header() { return *reinterpret_cast<ring::HeadHeader*>(at_); }
  unsigned char* bytes() { return at_; }

 private:
  FakeHead& add(std::uint64_t stamp, InputKind kind, std::string_view bytes) {
    const ring::CopyHeader copy = fake_copy(stamp, kind, session_, bytes.size(), slot_);
    std::memcpy(at_ + committed_, &copy, sizeof copy);
    std::memcpy(at_ + committed_ + sizeof copy, bytes.data(), bytes.size());
    committed_ += static_cast<std::uint32_t>(sizeof copy + ring::padded(bytes.size()));
    header().commit = ring::pack({1, ++records_, committed_});
    return *this;
  }

  unsigned char* at_ = nullptr;
  std::uint32_t session_;
  std::uint32_t slot_;
  std::uint32_t committed_ = sizeof(ring::HeadHeader);
  std::uint32_t records_ = 0;
};

// A newer version of the pin's input, of session 1 and slot 0.
inline ring::PinHeader& pin(FakeRing& ring, std::uint32_t index, std::string_view key,
                            std::uint64_t stamp, std::string_view bytes) {
  const ring::Region& pins = ring.super().pins;
  unsigned char* at =
      ring.raw().data() + pins.offset + sizeof(ring::PinsHeader) + std::size_t{index} * pins.stride;
  auto& header = *reinterpret_cast<ring::PinHeader*>(at);
  header.key_hash = ring::hash_of_key(key.data(), key.size());
  ++header.version;
  ring::PinKey name{};
  name.size = static_cast<std::uint32_t>(key.size());
  name.check = static_cast<std::uint32_t>(header.key_hash >> 32);
  std::memcpy(name.bytes, key.data(), key.size());
  const ring::CopyHeader copy = fake_copy(stamp, InputKind::kData, 1, bytes.size(), 0);
  at += sizeof header + (header.version & 1) * ring::bytes_per_copy(pins.stride);
  std::memcpy(at, &name, sizeof name);
  std::memcpy(at + sizeof name, &copy, sizeof copy);
  std::memcpy(at + sizeof name + sizeof copy, bytes.data(), bytes.size());
  return header;
}

}  // namespace crashreel
