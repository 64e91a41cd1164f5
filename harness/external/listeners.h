// Where can sessions go to a program that is fed from outside?
//
// Which of the sockets that the kernel tells of are the instance's, and which one a step means.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/owned_fd.h"
#include "harness/external/socket_diag.h"
#include "harness/external/tasks.h"

namespace crashreel {

// Those that one of these processes holds: where others live in the same network.
std::vector<Listener> listeners_of(const std::vector<TaskSeen>& seen,
                                   std::vector<Listener> listeners);

// A listener's name for those who are not where these processes are: of a unix socket that has a
// path a descriptor stands for the file. `directory` is where the program was started.
struct NameFromHere {
  SocketName name;
  OwnedFd file;  // open for as long as the name is used
};
NameFromHere name_from_here(const Listener& listener, const std::vector<TaskSeen>& seen,
                            const std::string& directory);

// The one that was recorded (player/place.h), or else the first of its kind; null: there is none.
const Listener* listener_for(std::uint32_t place, const std::vector<Listener>& listeners);

}  // namespace crashreel
