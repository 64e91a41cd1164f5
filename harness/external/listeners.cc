#include "harness/external/listeners.h"

#include <set>

#include "harness/external/held_sockets.h"
#include "harness/player/place.h"

namespace crashreel {

std::vector<Listener> listeners_of(const std::vector<TaskSeen>& seen,
                                   std::vector<Listener> listeners) {
  std::set<std::uint64_t> inodes;
  for (const HeldSocket& one : sockets_of(seen)) inodes.insert(one.inode);
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
