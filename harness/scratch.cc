#include "harness/scratch.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace crashreel {
namespace {

std::vector<std::string> names_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

Scratch Scratch::of(pid_t pid) {
  Scratch scratch;
  for (const std::string folder : {"/tmp", "/var/tmp", "/run", "/dev/shm"}) {
    const std::string theirs = "/proc/" + std::to_string(pid) + "/root" + folder;
    struct stat there;
    struct stat here;
    if (::lstat(theirs.c_str(), &there) != 0 || ::lstat(folder.c_str(), &here) != 0) continue;
    if (there.st_dev == here.st_dev || !S_ISDIR(there.st_mode)) continue;
    scratch.places_.push_back({theirs, there.st_mtim, names_in(theirs)});
  }
  return scratch;
}

bool Scratch::has_changed() const {
  return std::ranges::any_of(places_, [](const Place& place) {
    struct stat now;
    if (::lstat(place.path.c_str(), &now) != 0) return false;
    const bool same = now.st_mtim.tv_sec == place.modified.tv_sec &&
                      now.st_mtim.tv_nsec == place.modified.tv_nsec;
    return !same && names_in(place.path) != place.names;
  });
}

}  // namespace crashreel
