// Which sessions are in a set? Numbers are given out one after the other, so those that are in use
// together lie close: a set of a million of them takes a few hundred KiB.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <unordered_map>

namespace crashreel {

class SessionSet {
 public:
  SessionSet() = default;
  SessionSet(const SessionSet&) = delete;
  SessionSet& operator=(const SessionSet&) = delete;

  void insert(std::uint32_t session) { word(session) |= bit(session); }
  void erase(std::uint32_t session) {
    if (contains(session)) word(session) &= ~bit(session);
  }
  bool contains(std::uint32_t session) const {
    if (session / kPageSessions == last_number_) return has(*last_, session);
    const auto page = pages_.find(session / kPageSessions);
    return page != pages_.end() && has(page->second, session);
  }
  std::uint64_t size() const {
    std::uint64_t size = 0;
    for (const auto& [number, page] : pages_) {
      for (const std::uint64_t word : page) size += static_cast<std::uint64_t>(std::popcount(word));
    }
    return size;
  }

 private:
  static constexpr std::uint32_t kPageSessions = 512;
  using Page = std::array<std::uint64_t, kPageSessions / 64>;

  static std::uint64_t bit(std::uint32_t session) { return std::uint64_t{1} << session % 64; }
  static bool has(const Page& page, std::uint32_t session) {
    return (page[session % kPageSessions / 64] & bit(session)) != 0;
  }
  std::uint64_t& word(std::uint32_t session) {
    if (session / kPageSessions != last_number_) {
      last_number_ = session / kPageSessions;
      last_ = &pages_[last_number_];
    }
    return (*last_)[session % kPageSessions / 64];
  }

  std::unordered_map<std::uint32_t, Page> pages_;  // which stay where they are
  std::uint32_t last_number_ = UINT32_MAX;         // of the page that was changed last
  Page* last_ = nullptr;
};

}  // namespace crashreel
