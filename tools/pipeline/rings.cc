#include "tools/pipeline/rings.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "capture/reel/ring_facts_reader.h"
#include "capture/reel/ring_image.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

std::string maps_of(std::uint64_t process) {
  return "/proc/" + std::to_string(process) + "/maps";
}

// "begin-end rwxs offset major:minor inode   path"
struct MappedFile {
  std::string permissions, device, path;
  std::uint64_t inode = 0;
};

std::optional<MappedFile> parse_mapping(const std::string& line) {
  std::istringstream fields(line);
  MappedFile mapped;
  std::string range, offset;
  if (!(fields >> range >> mapped.permissions >> offset >> mapped.device >> mapped.inode)) {
    return std::nullopt;
  }
  std::getline(fields >> std::ws, mapped.path);
  return mapped;
}

bool has_mapped(std::uint64_t process, const struct stat& file) {
  char device[32];
  std::snprintf(device, sizeof device, "%02x:%02x", major(file.st_dev), minor(file.st_dev));
  std::ifstream maps(maps_of(process));
  for (std::string line; std::getline(maps, line);) {
    const auto mapped = parse_mapping(line);
    if (mapped && mapped->inode == file.st_ino && mapped->device == device) return true;
  }
  return false;
}

std::optional<FoundRing> look_at(const std::string& path) {
  struct stat file;
  // Not opened unless it is a file: who opens a pipe waits.
  if (::lstat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  const auto image = RingImage::open(path);
  if (!image) return std::nullopt;
  FoundRing found;
  found.path = path;
  found.pid = image->super().pid;
  found.alive = has_mapped(found.pid, file);
  found.bytes = image->super().ring_bytes;
  found.start_realtime_ns = image->super().start_realtime_ns;
  found.argv = read_ring_facts(*image).program.argv;
  return found;
}

// What a process has mapped to be written by others, too, and is a ring.
std::optional<std::string> mapped_ring(pid_t process) {
  std::ifstream maps(maps_of(static_cast<std::uint64_t>(process)));
  for (std::string line; std::getline(maps, line);) {
    const auto mapped = parse_mapping(line);
    if (!mapped || !mapped->path.starts_with('/') || mapped->permissions != "rw-s") continue;
    if (look_at(mapped->path)) return mapped->path;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<FoundRing>> list_rings(const std::string& folder) {
  std::vector<FoundRing> rings;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (auto ring = look_at(entry.path())) rings.push_back(std::move(*ring));
  }
  if (error) {
    return Error{Trouble::kEnvironment, folder + ": can't be listed: " + error.message() +
                                            "; name a folder that you may read"};
  }
  std::sort(rings.begin(), rings.end(),
            [](const FoundRing& a, const FoundRing& b) { return a.path < b.path; });
  return rings;
}

Result<std::string> ring_of(pid_t process) {
  if (auto path = mapped_ring(process)) return *path;
  const auto rings = list_rings(kRingFolder);
  if (!rings) return rings.error();
  for (const FoundRing& ring : *rings) {
    if (ring.pid == static_cast<std::uint32_t>(process)) return ring.path;
  }
  const std::string who = "process " + std::to_string(process);
  const bool runs = fs::exists("/proc/" + std::to_string(process));
  const bool readable = ::access(maps_of(static_cast<std::uint64_t>(process)).c_str(), R_OK) == 0;
  if (runs && !readable) {
    return Error{Trouble::kUsage, who + ": belongs to somebody else; take its user's rights"};
  }
  return Error{Trouble::kUsage,
               who + (runs ? ": runs and has no ring" : ": is not there and left no ring in ") +
                   (runs ? "" : kRingFolder) +
                   "; see what there is with: crashreel salvage --list /dev/shm"};
}

bool is_alive(const std::string& ring_path) {
  const auto ring = look_at(ring_path);
  return ring && ring->alive;
}

}  // namespace crashreel
