#include "harness/cgroup.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "harness/kernel_file.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "crashreel-";

// "4:memory:/some/path" of /proc/self/cgroup; of the second version "0::/some/path".
std::string own_path(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string listed = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool is_it = controller.empty()
                           ? listed == ",,"
                           : listed.find("," + controller + ",") != std::string::npos;
    if (is_it) return line.substr(second + 1);
  }
  return "/";
}

// Where the first version's hierarchy for this controller is mounted, or the second version's for
// none; empty: nowhere.
std::string mount_of(const std::string& controller) {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, folder, type, options;
    words >> device >> folder >> type >> options;
    if (controller.empty()
            ? type == "cgroup2"
            : type == "cgroup" &&
                  ("," + options + ",").find("," + controller + ",") != std::string::npos) {
      return folder;
    }
  }
  return {};
}

// Those of processes that were killed before they could remove them.
void sweep(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const long pid = std::strtol(name.c_str() + sizeof kPrefix - 1, nullptr, 10);
    if (pid > 0 && ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) {
      ::rmdir(entry->path().c_str());
    }
  }
}

// The folder below which cgroups that limit this are made; empty: there is none.
std::string find_parent(const std::string& controller) {
  const std::string folder = own_cgroup(controller);
  if (mount_of(controller).empty() && !folder.empty()) {  // of the second version
    write_kernel_file(folder + "/cgroup.subtree_control", "+" + controller);
  }
  if (folder.empty() || ::access(folder.c_str(), W_OK) != 0) return {};
  sweep(folder);
  return folder;
}

const std::string& parent_for_processes() {
  static const std::string folder = find_parent("pids");
  return folder;
}

const std::string& parent_for_memory() {
  static const std::string folder = find_parent("memory");
  return folder;
}

std::string next_name() {
  static std::atomic<unsigned> count{0};
  return kPrefix + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

// "oom_kill 2", a line of this file; 0: there is no such line, or no such file.
std::uint64_t oom_kills_in(const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t count = 0;
    if (words >> name >> count && name == "oom_kill") return count;
  }
  return 0;
}

}  // namespace

std::string own_cgroup(const std::string& controller) {
  if (const std::string first = mount_of(controller); !first.empty()) {
    return first + own_path(controller);
  }
  const std::string second = mount_of({});
  return second.empty() ? std::string() : second + own_path({});
}

Cgroup Cgroup::make(const Limits& limits) {
  Cgroup cgroup;
  const std::string name = next_name();
  const auto made_below = [&](const std::string& parent) {
    const std::string folder = parent + "/" + name;
    if (parent.empty()) return std::string();
    if (::mkdir(folder.c_str(), 0755) == 0) {
      cgroup.folders_.push_back(folder);
      return folder;
    }
    return errno == EEXIST ? folder : std::string();
  };
  if (const std::string folder = made_below(parent_for_processes()); !folder.empty()) {
    cgroup.limits_processes_ =
        write_kernel_file(folder + "/pids.max", std::to_string(limits.processes));
  }
  if (const std::string folder = made_below(parent_for_memory()); !folder.empty()) {
    const std::string most = std::to_string(limits.most_memory());
    cgroup.limits_memory_ = write_kernel_file(folder + "/memory.limit_in_bytes", most) ||
                            write_kernel_file(folder + "/memory.max", most);
    // Swap would only put the end off; where it is not accounted there is no such file.
    write_kernel_file(folder + "/memory.memsw.limit_in_bytes", most) ||
        write_kernel_file(folder + "/memory.swap.max", "0");
  }
  return cgroup;
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : folders_(std::exchange(other.folders_, {})),
      limits_processes_(std::exchange(other.limits_processes_, false)),
      limits_memory_(std::exchange(other.limits_memory_, false)) {}

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  std::swap(folders_, other.folders_);
  std::swap(limits_processes_, other.limits_processes_);
  std::swap(limits_memory_, other.limits_memory_);
  return *this;
}

Cgroup::~Cgroup() {
  for (const std::string& folder : folders_) ::rmdir(folder.c_str());
}

std::uint64_t Cgroup::killed_for_memory() const {
  std::uint64_t kills = 0;
  for (const std::string& folder : folders_) {
    kills += oom_kills_in(folder + "/memory.oom_control") + oom_kills_in(folder + "/memory.events");
  }
  return kills;
}

bool Cgroup::add(pid_t pid) const {
  bool all = true;
  for (const std::string& folder : folders_) {
    all = write_kernel_file(folder + "/cgroup.procs", std::to_string(pid)) && all;
  }
  return all;
}

}  // namespace crashreel
