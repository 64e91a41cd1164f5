// How does a program come to run with a keeper (keeper/order.h), and what is heard of it?
//
// Starts the keeper, gives it its ids and limits, and asks for less where the kernel refuses
// something. Knows no script.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/cgroup.h"
#include "harness/keeper/order.h"
#include "harness/sandbox.h"

namespace crashreel {

struct LaunchOrder {
  std::string executable;
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::string directory;
  std::vector<int> handed;  // descriptors that the program gets under their numbers
  int stdin_fd = -1;
  int output_fd = -1;            // both streams
  bool reserves_memory = false;  // far more than it uses, as sanitizers do
};

// A program that runs, and its keeper.
struct Kept {
  OwnedFd keeper;   // pidfd of a child of ours: once it has ended nothing is left
  OwnedFd program;  // pidfd
  OwnedFd control;
  std::uint32_t parts = 0;
  std::vector<KeeperNote> heard;  // while we waited for others
  Cgroup cgroup;                  // removed behind the keeper

  // Made where the program lives, in its network. Once the program runs.
  Result<OwnedFd> make_socket(int domain, int type, int protocol);
  // Whatever the keeper has said that was not heard before.
  std::optional<KeeperNote> hear();
  // All of it. The keeper ends behind it.
  void kill();
};

// Errors are trouble of this machine.
Result<Kept> launch(const LaunchOrder& order, const Sandbox& sandbox);

// As /proc here counts; -1: it is gone.
pid_t pid_of(int pid_fd);

}  // namespace crashreel
