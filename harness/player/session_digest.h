// What has a program answered, in one number for all its sessions?
//
// The sum of the sessions' parts: in whatever pieces and order the answers are taken, it is the
// same. Whoever feeds an instance keeps one of these for each session.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel {

class SessionDigest {
 public:
  // By how much the sum changes with this answer in session `number`.
  std::uint64_t add(std::uint32_t number, const char* bytes, std::size_t size) {
    const std::uint64_t before = part(number);
    for (std::size_t i = 0; i < size; ++i) {  // FNV-1a
      value_ = (value_ ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
    }
    return part(number) - before;
  }

 private:
  std::uint64_t part(std::uint32_t number) const {
    return (value_ ^ (number + 1)) * 0x9e3779b97f4a7c15;
  }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace crashreel
