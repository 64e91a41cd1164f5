#include "tools/pipeline/lineage.h"

#include <cstdint>

#include "corpus/sha1.h"
#include "tools/pipeline/read_file.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kMaxParentBytes = std::uint64_t{1} << 30;

}  // namespace

Lineage lineage_of(const std::string& path) {
  const Result<std::string> bytes = read_file(path, kMaxParentBytes);
  return {.origin = path, .parent = bytes ? sha1_hex(*bytes) : ""};
}

}  // namespace crashreel
