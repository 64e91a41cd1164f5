#include "harness/external/listeners.h"

#include <fcntl.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "harness/external/held_sockets.h"
#include "harness/player/place.h"

namespace crashreel {
namespace {

sockaddr_un as_unix(const SocketName& name) {
  sockaddr_un address = {};
  std::memcpy(&address, &name.address, std::min<std::size_t>(name.size, sizeof address));
  return address;
}

// Empty: it has none, as those of the abstract kind.
std::string unix_path_of(const SocketName& name) {
  const sockaddr_un address = as_unix(name);
  if (address.sun_family != AF_UNIX) return {};
  return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

// As one of them sees it. Of a relative path nobody knows where its process was then.
OwnedFd file_of(const std::string& path, const std::vector<TaskSeen>& seen,
                const std::string& directory) {
  OwnedFd file;
  for (const TaskSeen& one : seen) {
    if (one.process != one.task || one.is_gone()) continue;
    const std::string process = "/proc/" + std::to_string(one.process);
    std::vector<std::string> places = {process + "/root" + path};
    if (!path.starts_with('/')) {
      places = {process + "/root" + directory + "/" + path, process + "/cwd/" + path};
    }
    for (const std::string& place : places) {
      if (!file) file.reset(::open(place.c_str(), O_PATH | O_CLOEXEC));
    }
  }
  return file;
}

SocketName unix_name_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  SocketName name;
  std::memcpy(&name.address, &address, sizeof address);
  name.size = sizeof address;
  return name;
}

}  // namespace

std::vector<Listener> listeners_of(const std::vector<TaskSeen>& seen,
                                   std::vector<Listener> listeners) {
  std::set<std::uint64_t> inodes;
  for (const HeldSocket& one : sockets_of(seen)) inodes.insert(one.inode);
  std::erase_if(listeners, [&](const Listener& one) { return !inodes.contains(one.inode); });
  return listeners;
}

NameFromHere name_from_here(const Listener& listener, const std::vector<TaskSeen>& seen,
                            const std::string& directory) {
  NameFromHere from_here = {.name = listener.name, .file = {}};
  const std::string path = unix_path_of(listener.name);
  if (path.empty()) return from_here;
  from_here.file = file_of(path, seen, directory);
  if (from_here.file) {
    from_here.name = unix_name_of("/proc/self/fd/" + std::to_string(from_here.file.get()));
  }
  return from_here;
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
