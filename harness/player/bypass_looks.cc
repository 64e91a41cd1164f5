// What do the waits of a program find by what is lent to it?
#include <sys/socket.h>

#include "harness/player/bypass.h"
#include "harness/player/lanes.h"

namespace crashreel::player {
namespace {

constexpr short kPollReadable = POLLIN | POLLRDNORM;

bool is_edge_triggered(const Lane& lane) {
  return (lane.interest.events & EPOLLET) != 0;
}

// Of a set: a level is told again and again, an edge once.
bool is_for(const Lane& lane, int set) {
  return lane.interest.sets == 1 && lane.interest.set == set &&
         (lane.interest.events & kReadable) != 0 && !(lane.told && is_edge_triggered(lane));
}

bool asks_for(const pollfd& descriptor, int fd) {
  return descriptor.fd == fd && (descriptor.events & kPollReadable) != 0;
}

bool ends_by(const pollfd& descriptor, int fd) {
  return asks_for(descriptor, fd) ||
         ((descriptor.events & kPollReadable) != 0 && is_for(lanes[fd], descriptor.fd));
}

}  // namespace

bool has_lent(const Wait& wait) {
  for (int i = 0; i < count_of_lent(); ++i) {
    for (nfds_t k = 0; k < wait.descriptor_count; ++k) {
      if (ends_by(wait.descriptors[k], lent_at(i))) return true;
    }
  }
  return false;
}

void before_look(const pollfd* descriptors, nfds_t count) {
  for (int i = count_of_lent() - 1; i >= 0; --i) {
    const int fd = lent_at(i);
    if (!lanes[fd].told) continue;
    for (nfds_t k = 0; k < count; ++k) {
      if (!asks_for(descriptors[k], fd)) continue;
      leave(fd);
      break;
    }
  }
}

int add_lent(pollfd* descriptors, nfds_t count) {
  int added = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    const int fd = lent_at(i);
    for (nfds_t k = 0; k < count; ++k) {
      if (!ends_by(descriptors[k], fd)) continue;
      if (descriptors[k].revents == 0) ++added;
      descriptors[k].revents =
          static_cast<short>(descriptors[k].revents | (descriptors[k].events & kPollReadable));
      if (descriptors[k].fd == fd) lanes[fd].told = true;
    }
  }
  return added;
}

void before_look(int limit, const fd_set* readable) {
  for (int i = count_of_lent() - 1; i >= 0 && readable != nullptr; --i) {
    const int fd = lent_at(i);
    if (lanes[fd].told && fd < limit && FD_ISSET(fd, readable)) leave(fd);
  }
}

int add_lent(int limit, const fd_set& asked, fd_set* readable) {
  int added = 0;
  for (int i = 0; i < count_of_lent(); ++i) {
    const int fd = lent_at(i);
    for (const int ready : {fd, lanes[fd].interest.set}) {
      if (ready < 0 || ready >= limit || ready >= FD_SETSIZE || !FD_ISSET(ready, &asked)) continue;
      if (ready != fd && !is_for(lanes[fd], ready)) continue;
      if (!FD_ISSET(ready, readable)) ++added;
      FD_SET(ready, readable);
      if (ready == fd) lanes[fd].told = true;
    }
  }
  return added;
}

int lent_events(int set, epoll_event* events, int capacity) {
  int found = 0;
  for (int i = count_of_lent() - 1; i >= 0 && found < capacity; --i) {
    const int fd = lent_at(i);
    Lane& lane = lanes[fd];
    if (!is_for(lane, set)) continue;
    if (lane.told) {
      leave(fd);
      continue;
    }
    lane.told = true;
    events[found].events = lane.interest.events & (kReadable | kWritable);
    events[found++].data = lane.interest.data;
  }
  return found;
}

}  // namespace crashreel::player
