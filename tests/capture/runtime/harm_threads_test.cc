// Do no harm and lose nothing uncounted, whatever the program's threads, children and handlers do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

// How many of each writer's inputs are shown; all must be whole.
std::map<std::uint32_t, std::size_t> shown_by_writer(const Reel& reel) {
  std::map<std::uint32_t, std::size_t> shown;
  for (const Input& input : reel.inputs) {
    const auto label = read_payload(input.data);
    EXPECT_TRUE(label.has_value()) << "torn: seq " << input.seq;
    if (label) ++shown[label->writer];
  }
  return shown;
}

TEST(NoHarm, AThousandThreadsOnASmallRingAreCountedToTheLastInput) {
  constexpr std::uint32_t kThreads = 1000, kEach = 5;
  const RingPath path;
  const auto read = recorded(usual_options(path, 256 << 10), [] {  // less than 60 chunks
    pthread_barrier_t together;
    pthread_barrier_init(&together, nullptr, kThreads);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t, &together] {
        pthread_barrier_wait(&together);
        for (std::uint32_t i = 0; i < kEach; ++i) record_text(t, payload({t, i}, 8 + i * 120));
        pthread_barrier_wait(&together);  // nobody gives back what he has before all have tried
      });
    }
    for (auto& thread : threads) thread.join();
    record_text(kThreads, payload({kThreads, 0}, 8));  // and now there is room again
  });
  EXPECT_EQ(counted(read) + read.reel.loss.dropped_inputs, kThreads * kEach + 1);
  EXPECT_THAT(read.reel.loss.dropped_inputs, Ge((kThreads - 60) * kEach));
  EXPECT_EQ(shown_by_writer(read.reel)[kThreads], 1u);
}

// Inputs in pieces, whose next piece often finds no chunk any more.
TEST(NoHarm, AnInputGivenUpInTheMiddleIsCountedOnceAsDropped) {
  constexpr std::uint32_t kThreads = 40, kEach = 100;
  const RingPath path;
  const auto read = recorded(usual_options(path, 64 << 10), [] {  // at most 12 chunks of 4 KiB
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (std::uint32_t i = 0; i < kEach; ++i) record_text(t, payload({t, i}, 9000));
      });
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(counted(read) + read.reel.loss.dropped_inputs, kThreads * kEach);
  EXPECT_EQ(read.reel.loss.torn_inputs, 0u);
}

// ---------------------------------------------------------------- children of all kinds

long raw_clone(unsigned long flags) {
  return ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
}

void wait_for(long child) {
  int status = 0;
  CRASHREEL_CHECK(::waitpid(static_cast<pid_t>(child), &status, 0) == child);
  CRASHREEL_CHECK(status == 0);
}

TEST(NoHarm, AChildByTheSystemCallItselfRecordsIntoChunksOfItsOwn) {
  const RingPath path;
  const auto read = recorded(usual_options(path), [] {
    record_text(0, payload({0, 0}, 20));
    const long child = raw_clone(0);
    for (std::uint32_t i = 0; i < 100; ++i) {
      record_text(child == 0 ? 1 : 0, payload({child == 0 ? 1u : 0u, i + 1}, 20));
    }
    if (child == 0) ::syscall(SYS_exit_group, 0);
    wait_for(child);
  });
  EXPECT_EQ(counted(read), 201u);
  auto shown = shown_by_writer(read.reel);
  EXPECT_EQ(shown[0], 101u);
  EXPECT_EQ(shown[1], 100u);
}

struct ChildsEye {
  char stack[256 << 10];
};

int record_and_leave(void*) {
  for (std::uint32_t i = 0; i < 100; ++i) record_text(1, payload({1, i}, 20));
  return 0;
}

// As vfork() and posix_spawn() make it: in its parent's memory, which waits.
TEST(NoHarm, AChildInItsParentsMemoryMayRecordToo) {
  if (kThreadSanitized) GTEST_SKIP() << "its runtime does not survive a child in its own memory";
  const RingPath path;
  const auto read = recorded(usual_options(path), [] {
    record_text(0, payload({0, 0}, 20));
    auto* eye = shared<ChildsEye>();
    const int child = ::clone(record_and_leave, eye->stack + sizeof eye->stack,
                              CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr);
    wait_for(child);
    record_text(0, payload({0, 1}, 20));
  });
  EXPECT_EQ(counted(read), 102u);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
}

TEST(NoHarm, AChildThatBecomesAnotherProgramLeavesNothingBehind) {
  const RingPath path;
  const auto read = recorded(usual_options(path, 64 << 10), [] {
    for (std::uint32_t i = 0; i < 30; ++i) {  // 12 chunks
      record_text(0, payload({0, i}, 20));
      const pid_t child = ::vfork();
      if (child == 0) {
        ::execl("/bin/true", "true", nullptr);
        ::_exit(1);
      }
      wait_for(child);
    }
  });
  EXPECT_EQ(counted(read), 30u);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
}

// ---------------------------------------------------------------- threads that end anywhere

struct Attempts {  // changed by builtins, see below
  std::uint64_t begun = 0;
  std::uint64_t done = 0;
};

const std::string kTexts[] = {std::string(20, 'a'), std::string(9000, 'b')};

// Has nothing to destroy and calls nothing but the library: a thread that is ended in between,
// where a function with something to destroy foresees no end, or in a noexcept one, ends the
// process.
void* record_until_cancelled(void* attempts) {
  auto& mine = *static_cast<Attempts*>(attempts);
  const char* const bytes[] = {kTexts[0].data(), kTexts[1].data()};
  const std::size_t sizes[] = {kTexts[0].size(), kTexts[1].size()};
  ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
  for (std::size_t i = 0;; ++i) {
    __atomic_add_fetch(&mine.begun, 1, __ATOMIC_SEQ_CST);
    crashreel_data(1, bytes[i % 2], sizes[i % 2]);
    __atomic_add_fetch(&mine.done, 1, __ATOMIC_SEQ_CST);
  }
}

// At most one input of each thread is neither recorded nor dropped: the one in which it was ended.
void expect_all_but_the_last_of_each(const ReadReel& read, const Attempts& attempts) {
  const std::uint64_t all = counted(read) + read.reel.loss.dropped_inputs;
  EXPECT_THAT(all, AllOf(Ge(attempts.done), Le(attempts.begun)));
}

TEST(NoHarm, AThreadMayBeCancelledInTheMiddleOfARecord) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime does not survive a cancelled thread";
  auto* attempts = shared<Attempts>();
  const RingPath path;
  const auto read = recorded(usual_options(path), [&] {  // less than 60 chunks
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t before = attempts->done;
      pthread_t thread = {};
      CRASHREEL_CHECK(::pthread_create(&thread, nullptr, record_until_cancelled, attempts) == 0);
      while (__atomic_load_n(&attempts->done, __ATOMIC_SEQ_CST) <
             before + 3 + static_cast<unsigned>(i) % 7)
        std::this_thread::yield();
      ::pthread_cancel(thread);
      ::pthread_join(thread, nullptr);
    }
    record_text(1, "and after");
    ++attempts->begun;
    ++attempts->done;
  });
  expect_all_but_the_last_of_each(read, *attempts);
  EXPECT_EQ(read.reel.inputs.back().data, "and after");
}

TEST(NoHarm, AThreadMayEndInAHandlerThatInterruptedARecord) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime does not survive its handlers' end";
  auto* attempts = shared<Attempts>();
  const RingPath path;
  const auto read = recorded(usual_options(path), [&] {
    std::signal(SIGUSR1, [](int) { ::pthread_exit(nullptr); });
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t before = attempts->done;
      pthread_t thread = {};
      CRASHREEL_CHECK(::pthread_create(&thread, nullptr, record_until_cancelled, attempts) == 0);
      while (__atomic_load_n(&attempts->done, __ATOMIC_SEQ_CST) < before + 3)
        std::this_thread::yield();
      ::pthread_kill(thread, SIGUSR1);
      ::pthread_join(thread, nullptr);
    }
    record_text(1, "and after");
    ++attempts->begun;
    ++attempts->done;
  });
  expect_all_but_the_last_of_each(read, *attempts);
  EXPECT_EQ(read.reel.inputs.back().data, "and after");
}

// ---------------------------------------------------------------- storms of signals

constexpr std::uint32_t kStormThreads = 4;
thread_local std::uint32_t storm_thread = 0;

struct Storm {
  std::atomic<std::uint64_t> attempts = 0;
  std::atomic<std::uint64_t> in_handlers = 0;
};
Storm* storm = nullptr;

void record_in_storm(int) {
  char bytes[40];
  make_payload({storm_thread, 0}, sizeof bytes, bytes);
  crashreel_data(storm_thread, bytes, sizeof bytes);
  ++storm->attempts;
  ++storm->in_handlers;
}

// A timer of 5 kHz that only this thread hears.
timer_t start_storm(int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
  timer_t timer{};
  CRASHREEL_CHECK(::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  const itimerspec every = {{0, 200000}, {0, 200000}};
  ::timer_settime(timer, 0, &every, nullptr);
  return timer;
}

void record_through_the_storm(std::uint32_t thread) {
  storm_thread = thread;
  const timer_t first = start_storm(SIGUSR1), second = start_storm(SIGUSR2);
  std::string text(3000, ' ');
  while (storm->in_handlers < 4000) {
    make_payload({thread, 0}, text.size(), text.data());
    crashreel_data(thread, text.data(), text.size());
    ++storm->attempts;
  }
  ::timer_delete(first);
  ::timer_delete(second);
}

// Handlers that record interrupt records, and each other, in all threads.
TEST(NoHarm, StormsOfSignalsInAllThreadsLoseNothingUncounted) {
  storm = shared<Storm>();
  const RingPath path;
  const auto read = recorded(usual_options(path, 512 << 10), [] {
    for (const int signal : {SIGUSR1, SIGUSR2}) std::signal(signal, record_in_storm);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kStormThreads; ++t) {
      threads.emplace_back(record_through_the_storm, t);
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_THAT(storm->in_handlers.load(), Ge(4000u));
  EXPECT_EQ(counted(read) + read.reel.loss.dropped_inputs, storm->attempts);
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
  EXPECT_THAT(shown_by_writer(read.reel), SizeIs(Ge(1u)));
}

}  // namespace
}  // namespace crashreel
