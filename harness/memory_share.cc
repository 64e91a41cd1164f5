#include "harness/memory_share.h"

#include <fstream>
#include <string>

namespace crashreel {

// proc(5): "Pss_Anon:          1234 kB".
std::uint64_t memory_share(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "Pss_Anon:" && file >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace crashreel
