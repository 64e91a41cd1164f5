#include "tests/capture/runtime/memory_cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace crashreel {
namespace {

bool write_to(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

bool has_word(const std::string& path, const std::string& wanted) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    if (word == wanted) return true;
  }
  return false;
}

struct Hierarchy {
  std::string root;
  bool first_version;
};

// Where cgroups that limit memory can be made: as the mounts of this process say.
Result<Hierarchy> find_hierarchy() {
  std::ifstream mounts("/proc/self/mounts");
  std::string unified;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, folder, type, options;
    words >> device >> folder >> type >> options;
    if (type == "cgroup" && ("," + options + ",").find(",memory,") != std::string::npos) {
      return Hierarchy{folder, true};
    }
    if (type == "cgroup2") unified = folder;
  }
  if (unified.empty()) return Error{Trouble::kEnvironment, "no cgroup hierarchy is mounted"};
  if (!has_word(unified + "/cgroup.controllers", "memory")) {
    return Error{Trouble::kEnvironment, unified + " does not control memory"};
  }
  if (!has_word(unified + "/cgroup.subtree_control", "memory") &&
      !write_to(unified + "/cgroup.subtree_control", "+memory")) {
    return Error{Trouble::kEnvironment, unified + " lets no child control memory"};
  }
  return Hierarchy{unified, false};
}

}  // namespace

Result<MemoryCgroup> MemoryCgroup::make(std::uint64_t limit_bytes) {
  static int count = 0;
  const auto hierarchy = find_hierarchy();
  if (!hierarchy) return hierarchy.error();
  const bool first = hierarchy->first_version;
  std::string folder = hierarchy->root + "/crashreel-test-" + std::to_string(::getpid()) + "-" +
                       std::to_string(count++);
  if (::mkdir(folder.c_str(), 0755) != 0) {
    return Error{Trouble::kEnvironment, folder + ": can't be made: " + std::strerror(errno)};
  }
  MemoryCgroup cgroup(folder, first ? "1" : "2");
  // Swap would only put the end off; where it is not accounted there is no such file.
  const std::string limit = std::to_string(limit_bytes);
  const bool limited = write_to(folder + (first ? "/memory.limit_in_bytes" : "/memory.max"), limit);
  if (first) {
    write_to(folder + "/memory.memsw.limit_in_bytes", limit);
  } else {
    write_to(folder + "/memory.swap.max", "0");
  }
  if (!limited) return Error{Trouble::kEnvironment, folder + ": takes no limit"};
  return cgroup;
}

MemoryCgroup::MemoryCgroup(MemoryCgroup&& other) noexcept
    : folder_(std::exchange(other.folder_, "")), version_(other.version_) {}

MemoryCgroup::~MemoryCgroup() {
  if (!folder_.empty()) ::rmdir(folder_.c_str());
}

}  // namespace crashreel
