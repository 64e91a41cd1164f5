// The rules by which descriptors and mappings are told that bring input past the recorder.

#include "tools/pipeline/unrecorded.h"

#include <gtest/gtest.h>

namespace crashreel {
namespace {

std::string descriptor(const std::string& link) {
  const auto found = unrecorded_descriptor(link);
  return found ? found->what + "|" + found->where : "";
}

std::string mapping(const std::string& line) {
  const auto found = unrecorded_mapping(line, "/dev/shm/own.ring");
  return found ? found->what + "|" + found->where : "";
}

TEST(Unrecorded, DescriptorsAreToldByWhatTheyAre) {
  EXPECT_EQ(descriptor("anon_inode:[io_uring]"), "io_uring|");
  EXPECT_EQ(descriptor("anon_inode:inotify"), "inotify|");
  EXPECT_EQ(descriptor("/dev/ttyS0"), "device|/dev/ttyS0");
  EXPECT_EQ(descriptor("/dev/input/event3"), "device|/dev/input/event3");
}

TEST(Unrecorded, WhatIsRecordedOrBringsNothingIsNotNamed) {
  for (const char* link : {"anon_inode:[eventpoll]", "anon_inode:[eventfd]", "socket:[4711]",
                           "pipe:[12]", "/dev/null", "/dev/pts/3", "/dev/urandom", "/etc/passwd",
                           "anon_inode:[signalfd]", "anon_inode:[timerfd]", ""}) {
    EXPECT_EQ(descriptor(link), "") << link;
  }
}

TEST(Unrecorded, MemoryThatOthersMayWriteToIsNamed) {
  EXPECT_EQ(mapping("7f1c0000-7f1d0000 rw-s 00000000 00:19 4711                 /dev/shm/a pool"),
            "shared memory|/dev/shm/a pool");
  EXPECT_EQ(mapping("7f1c0000-7f1d0000 rw-s 00000000 00:01 3 /SYSV0000162e (deleted)"),
            "shared memory|/SYSV0000162e (deleted)");
  EXPECT_EQ(mapping("7f1c0000-7f1d0000 rw-s 08000000 00:0e 3 anon_inode:[io_uring]"), "io_uring|");
}

TEST(Unrecorded, OtherMemoryIsNot) {
  for (const char* line :
       {"7f1c0000-7f1d0000 rw-p 00000000 00:19 4711 /dev/shm/pool",
        "7f1c0000-7f1d0000 r--s 00000000 08:01 4711 /usr/lib/gconv-modules.cache",
        "7f1c0000-7f1d0000 rw-s 00000000 00:19 4711 /dev/shm/own.ring",
        "7f1c0000-7f1d0000 rw-s 00000000 00:01 4711 /dev/zero (deleted)",
        "7f1c0000-7f1d0000 rw-p 00000000 00:00 0 ", "7f1c0000-7f1d0000 rw-s", "", "a b c d e f"}) {
    EXPECT_EQ(mapping(line), "") << line;
  }
}

}  // namespace
}  // namespace crashreel
