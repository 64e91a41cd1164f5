#include "harness/external/listeners.h"

#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>

#include "harness/player/place.h"

namespace crashreel {
namespace {

// Of "socket:[4711]".
void add_sockets(pid_t process, std::set<std::uint64_t>& inodes) {
  const std::string path = "/proc/" + std::to_string(process) + "/fd";
  DIR* const folder = ::opendir(path.c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
    char what[64] = {};
    unsigned long long inode = 0;
    if (::readlinkat(::dirfd(folder), entry->d_name, what, sizeof what - 1) < 0) continue;
    if (std::sscanf(what, "socket:[%llu]", &inode) == 1) inodes.insert(inode);
  }
  if (folder != nullptr) ::closedir(folder);
}

}  // namespace

std::vector<Listener> listeners_of(const std::vector<TaskSeen>& seen,
                                   std::vector<Listener> listeners) {
  std::set<std::uint64_t> inodes;
  for (const TaskSeen& one : seen) {
    if (one.process == one.task) add_sockets(one.process, inodes);
  }
  std::erase_if(listeners, [&](const Listener& one) { return !inodes.contains(one.inode); });
  return listeners;
}

const Listener* listener_for(std::uint32_t place, const std::vector<Listener>& listeners) {
  const Listener* first = nullptr;
  for (const Listener& one : listeners) {
    if (place != kAnyPlace && one.place == place) return &one;
    if (first == nullptr && is_for_datagrams(one.place) == is_for_datagrams(place)) first = &one;
  }
  return first;
}

}  // namespace crashreel
