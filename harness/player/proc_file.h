// What does the kernel say of this process? Its files under /proc/self, as text. Safe in the
// handler of a fatal signal; no allocation.
#pragma once

#include <cstddef>

namespace crashreel::player {

// The place of what is told of one descriptor: "/proc/self/FOLDER/FD".
struct DescriptorPath {
  char path[40];

  DescriptorPath(const char* folder, int fd);
};

// The place of what is told of one thread: "/proc/self/task/THREAD/FILE".
struct TaskPath : DescriptorPath {
  TaskPath(int thread, const char* file);
};

// One file at a time: valid until the next call, whoever makes it. One thread. Cut after 64 KiB;
// empty where there is no such file or no descriptor for it.
const char* read_proc_file(const char* path);

}  // namespace crashreel::player
