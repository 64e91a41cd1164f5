#include "harness/sandbox.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

#include "harness/keeper/order.h"

namespace crashreel {
namespace {

struct NamedPart {
  std::uint32_t part;
  const char* name;
  std::uint32_t needed_by;
};
constexpr NamedPart kNamed[] = {
    {kPartUser, "user ids of its own", 0},
    {kPartMount, "a read-only view of the file system", kPartProcess | kPartScratch},
    {kPartProcess, "processes of its own", 0},
    {kPartNetwork, "a network of its own", 0},
    {kPartMessage, "System V memory of its own", 0},
    {kPartScratch, "a /tmp of its own", 0},
};

std::atomic<std::uint32_t> refused_parts{0};
std::array<std::atomic<int>, std::size(kNamed)> reasons;  // errno values
std::mutex choosing;
Sandbox sandbox_of_all;
std::atomic<bool> no_process_limit{false};
std::atomic<bool> no_memory_limit{false};

}  // namespace

std::uint64_t Limits::most_memory() const {
  if (memory_bytes != 0) return memory_bytes;
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  return pages / 4 * 3 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void choose_sandbox(const Sandbox& sandbox) {
  const std::lock_guard lock(choosing);
  sandbox_of_all = sandbox;
}

Sandbox chosen_sandbox() {
  const std::lock_guard lock(choosing);
  return sandbox_of_all;
}

std::uint32_t parts_of(const Sandbox& sandbox) {
  return sandbox.enabled ? kAllParts & ~refused_parts.load() : 0;
}

void note_refused(std::uint32_t part, int error) {
  for (std::size_t i = 0; i < std::size(kNamed); ++i) {
    const bool depends = (kNamed[i].part & part) != 0;
    if (!depends) continue;
    reasons[i] = error;
    refused_parts |= kNamed[i].part | kNamed[i].needed_by;
  }
}

void note_refused(Cgrouped limit) {
  (limit == Cgrouped::kProcesses ? no_process_limit : no_memory_limit) = true;
}

std::vector<std::string> gone_without() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::size(kNamed); ++i) {
    if ((refused_parts & kNamed[i].part) == 0) continue;
    const int reason = reasons[i];
    names.push_back(kNamed[i].name + (reason == 0
                                          ? std::string()
                                          : std::string(" (") + std::strerror(reason) + ")"));
  }
  if (no_process_limit) names.emplace_back("a limit to its processes");
  if (no_memory_limit) names.emplace_back("a limit to its memory");
  return names;
}

}  // namespace crashreel
