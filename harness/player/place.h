// Where does a session meet the program, in one number?
//
// Ports and paths are the program's own names for its listeners and for whom it calls; a replay
// gives them other ones. Two paths may have the same number, which then are taken for one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel {

inline constexpr std::uint32_t kAnyPlace = 0;  // not said which
inline constexpr std::uint32_t kDatagramPlaces = 1u << 16;
inline constexpr std::uint32_t kPathPlaces = 1u << 31;

constexpr std::uint32_t place_of_port(std::uint16_t port, bool has_datagrams) {
  return port == 0 ? kAnyPlace : port + (has_datagrams ? kDatagramPlaces : 0);
}

constexpr bool is_for_datagrams(std::uint32_t place) {
  return (place & kPathPlaces) == 0 && place >= kDatagramPlaces;
}

// Of a unix socket: the name's bytes, of the abstract kind with '@' for the first.
constexpr std::uint32_t place_of_path(const char* name, std::size_t size) {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (std::size_t i = 0; i < size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(name[i])) * 0x01000193;
  }
  return hash | kPathPlaces;
}

}  // namespace crashreel
