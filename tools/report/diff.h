// Which bytes of an input are left, and what was there before?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crashreel {

enum class ByteFate {
  kEssential,   // as it came
  kSimplified,  // another byte than the one that came
  kRemoved,     // came, and is not needed
};

struct DiffRun {
  ByteFate fate = ByteFate::kEssential;
  std::string bytes;   // that are left; of kRemoved: that were there
  std::string before;  // of kSimplified: what was there instead, of the same size

  bool operator==(const DiffRun&) const = default;
};

// From front to back; without the removed runs the bytes are `now`. Large payloads that have little
// in common are told apart by their beginnings and ends alone.
std::vector<DiffRun> diff_of(std::string_view before, std::string_view now);

}  // namespace crashreel
