// The table of descriptors, seen from one process and from its children.
#include "capture/interpose/descriptors.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <thread>
#include <vector>

namespace crashreel {
namespace {

Descriptor session(std::uint32_t number) {
  return {.session = number, .kind = DescriptorKind::kSession};
}

// What `body` returned in a child of fork().
template <typename Body>
int in_fork(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(DescriptorTable, KnowsNothingBeforeItIsTold) {
  const DescriptorTable table;
  for (const int fd : {INT_MIN, -1, 0, 7, kMostDescriptors, INT_MAX}) {
    EXPECT_EQ(table.get(fd), Descriptor{}) << fd;
  }
}

TEST(DescriptorTable, RefusesNumbersThatItHasNoPlaceFor) {
  DescriptorTable table;
  EXPECT_TRUE(table.set(kMostDescriptors - 1, session(1)));
  EXPECT_FALSE(table.set(kMostDescriptors, session(1)));
  EXPECT_FALSE(table.set(-1, session(1)));
}

TEST(DescriptorTable, ForgetsWhatWasClosedAndNothingBeside) {
  DescriptorTable table;
  for (int fd = 3; fd < 8; ++fd) table.set(fd, session(static_cast<std::uint32_t>(fd)));
  for (int fd = 4; fd < 7; ++fd) EXPECT_TRUE(table.forget(fd)) << fd;
  EXPECT_EQ(table.get(3), session(3));
  for (int fd = 4; fd < 7; ++fd) EXPECT_EQ(table.get(fd), Descriptor{}) << fd;
  EXPECT_EQ(table.get(7), session(7));
  EXPECT_FALSE(table.forget(4));
  EXPECT_FALSE(table.forget(-1));
}

TEST(DescriptorTable, SupposesOnlyWhatItDoesNotKnow) {
  DescriptorTable table;
  const auto maybe = [](std::uint32_t number) {
    return Descriptor{.session = number, .kind = DescriptorKind::kMaybeFifo};
  };
  for (const int fd : {3, kNearDescriptors + 3}) {
    EXPECT_TRUE(table.suppose(fd, maybe(1)));
    EXPECT_TRUE(table.suppose(fd, maybe(2)));
    EXPECT_EQ(table.get(fd), maybe(2));
    EXPECT_TRUE(table.set(fd, session(3)));
    EXPECT_FALSE(table.suppose(fd, maybe(4)));
    EXPECT_EQ(table.get(fd), session(3));
  }
  EXPECT_FALSE(table.suppose(kMostDescriptors, maybe(1)));
}

TEST(DescriptorTable, KeepsNearAndFarDescriptorsApart) {
  DescriptorTable table;
  for (int fd = kNearDescriptors - 2; fd < kNearDescriptors + 2; ++fd) {
    table.set(fd, session(static_cast<std::uint32_t>(fd)));
  }
  EXPECT_TRUE(table.forget(kNearDescriptors));
  EXPECT_EQ(table.get(kNearDescriptors - 1), session(kNearDescriptors - 1));
  EXPECT_EQ(table.get(kNearDescriptors), Descriptor{});
  EXPECT_EQ(table.get(kNearDescriptors + 1), session(kNearDescriptors + 1));
  table.copy(kNearDescriptors - 1, kNearDescriptors + 9);
  EXPECT_TRUE(table.end_session(kNearDescriptors + 9));
  EXPECT_EQ(table.get(kNearDescriptors - 1).flags, kDescriptorShared | kDescriptorEnded);
}

TEST(DescriptorTable, EndsASessionOnceHoweverManyDescriptorsMeanIt) {
  DescriptorTable table;
  table.set(5, session(1));
  table.set(6, session(2));
  table.copy(5, 9);
  table.copy(9, 12);
  EXPECT_EQ(table.get(12).session, 1u);
  EXPECT_TRUE(table.end_session(9));
  EXPECT_FALSE(table.end_session(5));
  EXPECT_FALSE(table.end_session(12));
  EXPECT_TRUE(table.end_session(6));
  EXPECT_FALSE(table.end_session(7));
}

TEST(DescriptorTable, ACopyOfNothingMeansNothing) {
  DescriptorTable table;
  table.set(5, session(1));
  table.copy(4, 5);
  EXPECT_EQ(table.get(5), Descriptor{});
}

TEST(DescriptorTable, AForkedChildHasACopyOfItsOwn) {
  DescriptorTable table;
  table.set(5, session(1));
  const int child = in_fork([&table] {
    table.adopt_after_fork();
    table.forget(5);
    table.set(6, session(2));
    return table.get(5) == Descriptor{} && table.get(6) == session(2) ? 0 : 1;
  });
  EXPECT_EQ(child, 0);
  EXPECT_EQ(table.get(5), session(1));
  EXPECT_EQ(table.get(6), Descriptor{});
}

// vfork() as a compiler must not see it: the child shares memory, and the parent waits.
pid_t child_sharing_memory(DescriptorTable* table) {
  const pid_t child = ::vfork();
  if (child == 0) {
    table->forget(5);
    table->copy(5, 6);
    ::_exit(0);
  }
  return child;
}

TEST(DescriptorTable, WhatAVforkedChildClosesStaysOpenForItsParent) {
  DescriptorTable table;
  table.set(5, session(1));
  int status = 0;
  ASSERT_GT(::waitpid(child_sharing_memory(&table), &status, 0), 0);
  EXPECT_EQ(table.get(5), session(1));
  EXPECT_EQ(table.get(6), Descriptor{});
}

TEST(DescriptorTable, LeavesErrnoAlone) {
  DescriptorTable table;
  errno = ENOTTY;
  table.set(5, session(1));
  table.copy(5, 6);
  table.end_session(6);
  table.forget(5);
  EXPECT_EQ(errno, ENOTTY);
}

TEST(DescriptorTable, ThreadsMayFillAndEmptyItTogether) {
  DescriptorTable table;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      for (int round = 0; round < 2000; ++round) {
        const int fd = 100 * t + round % 100;
        table.set(fd, session(static_cast<std::uint32_t>(fd)));
        if (round % 2 == 0) table.forget(fd);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int fd = 0; fd < 400; ++fd) {
    const bool is_kept = fd % 2 == 1;
    EXPECT_EQ(table.get(fd).kind, is_kept ? DescriptorKind::kSession : DescriptorKind::kNone) << fd;
  }
}

}  // namespace
}  // namespace crashreel
