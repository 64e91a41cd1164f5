// A recording child that is stepped through, instruction by instruction, with a look at its ring
// after each one that changed it: all that a kill could leave behind.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <vector>

#include "tests/capture/runtime/recorded.h"

namespace crashreel {

// What the child tells its parent of what it does, in memory that both have.
template <typename Truth>
class SharedTruth {
 public:
  SharedTruth() {
    void* page =
        ::mmap(nullptr, sizeof(Truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CRASHREEL_CHECK(page != MAP_FAILED);
    truth_ = new (page) Truth();
  }
  SharedTruth(const SharedTruth&) = delete;
  SharedTruth& operator=(const SharedTruth&) = delete;
  ~SharedTruth() { ::munmap(truth_, sizeof(Truth)); }

  Truth& operator*() { return *truth_; }
  Truth* operator->() { return truth_; }

 private:
  Truth* truth_;
};

struct Looks {
  bool untraceable = false;
  bool came_to_the_end = false;  // the child was alive to its second stop
  unsigned count = 0;
};

// The victim asks to be traced, makes its ring at `path`, and stops itself (SIGSTOP) before and
// after what is to be looked at.
template <typename Victim, typename Check>
Looks look_at_each_step(const RingPath& path, std::size_t ring_bytes, Victim&& victim,
                        Check&& check) {
  Looks looks;
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child == 0) ::_exit(victim());
  int status = 0;
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) {
    looks.untraceable = true;
    return looks;
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* ring = ::mmap(nullptr, ring_bytes, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  CRASHREEL_CHECK(ring != MAP_FAILED);
  const auto step = [&] {
    return ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 &&
           ::waitpid(child, &status, 0) == child && WIFSTOPPED(status);
  };
  std::vector<std::byte> before(ring_bytes);
  while (!testing::Test::HasFatalFailure() && (looks.came_to_the_end = step()) &&
         WSTOPSIG(status) == SIGTRAP) {
    // Most instructions write elsewhere.
    if (std::memcmp(before.data(), ring, ring_bytes) == 0) continue;
    std::memcpy(before.data(), ring, ring_bytes);
    ++looks.count;
    const auto read = salvage_ring_bytes(before, "stepped");
    if (read) {
      check(*read);
    } else {
      ADD_FAILURE() << read.error().message;
      break;
    }
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  ::munmap(ring, ring_bytes);
  return looks;
}

}  // namespace crashreel
