// What does a process have open that its copies must not share, and what do its epoll sets wait
// for?
//
// Filled by take_stock(), for make_own() (shared_descriptors.h). One thread at a time.
#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#include "harness/player/shared_descriptors.h"

namespace crashreel::player {

enum class OpenKind { kEpoll, kEvents, kSignals, kPipe, kSocket, kConnection, kFile };

struct OpenDescriptor {
  int fd;
  OpenKind kind;
  int fd_flags;      // FD_CLOEXEC
  int status_flags;  // F_GETFL
  uint64_t inode;    // kPipe: both ends have the same
  // kEvents: the count; kSignals: the mask; kFile: the position; kConnection: the player's end
  uint64_t value;
  bool done;  // made again in this instance
};

struct Interest {
  int set;
  int fd;
  epoll_event event;
};

// Programs that have more open when they start to serve are run fresh.
inline constexpr int kMaxDescriptors = 512;
inline constexpr int kMaxInterests = 1024;

struct DescriptorStock {
  OpenDescriptor descriptors[kMaxDescriptors];
  int descriptor_count;
  Interest interests[kMaxInterests];
  int interest_count;
  const OwnEnd* own_ends;
  int own_end_count;
};
extern DescriptorStock stock;

}  // namespace crashreel::player
