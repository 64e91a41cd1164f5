#include "tests/capture/runtime/kill_run.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "capture/base/check.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/salvage.h"
#include "capture/reel/salvage_collect.h"
#include "capture/runtime/crashreel.h"
#include "tests/capture/runtime/payloads.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace crashreel {
namespace {

constexpr unsigned kMostThreads = 16;
constexpr unsigned kHandlerWriter = kMostThreads;  // the handlers of thread t write as this + t
constexpr unsigned kWriters = 2 * kMostThreads;

// What really happened, written by the child in its own memory order: `begun` before a record,
// `done` after it. A kill can fall between the two, so the truth is known up to one input a writer.
struct alignas(64) WriterTruth {
  volatile std::uint64_t begun = 0;
  volatile std::uint64_t done = 0;
  volatile std::uint64_t begun_bytes = 0;
  volatile std::uint64_t done_bytes = 0;
};

// A moment before a record, by both clocks that a ring may use: its stamp is later.
struct Moment {
  std::uint64_t cycles;
  std::uint64_t ns;
};
constexpr std::uint64_t kMoments = 1 << 16;  // the newest of each writer

struct Truth {
  std::atomic<int> recording = 0;
  std::atomic<int> trouble = 0;
  std::array<WriterTruth, kWriters> writers;
  std::array<std::array<Moment, kMoments>, kWriters> before;
};

Truth* truth = nullptr;
constexpr unsigned kNoThread = ~0u;
thread_local unsigned this_thread = kNoThread;  // a writer's truth has one author

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t cycles() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

void record_truly(unsigned writer, char* buffer, std::size_t size) {
  WriterTruth& mine = truth->writers[writer];
  const auto number = static_cast<std::uint32_t>(mine.done);
  make_payload({writer, number}, size, buffer);
  truth->before[writer][number % kMoments] = {cycles(), monotonic_ns()};
  mine.begun_bytes = mine.done_bytes + size;
  mine.begun = number + 1;
  crashreel_data(writer, buffer, size);
  mine.done_bytes = mine.begun_bytes;
  mine.done = number + 1;
}

void handle(int) {
  if (this_thread == kNoThread) return;
  char buffer[64];
  record_truly(kHandlerWriter + this_thread, buffer, sizeof buffer);
}

// Sizes are spread over their orders of magnitude, small ones far more often.
void write_for_ever(unsigned writer, std::uint64_t seed, std::size_t longest) {
  this_thread = writer;
  std::mt19937_64 random(seed * 100 + writer);
  std::vector<char> buffer(longest);
  for (;;) {
    const unsigned shift = random() % 64 == 0 ? 20 : random() % 8 == 0 ? 14 : 8;
    const std::size_t range = std::min<std::size_t>(longest, std::size_t{1} << shift);
    record_truly(writer, buffer.data(), kLabelBytes + random() % (range - kLabelBytes + 1));
    truth->recording = 1;
  }
}

void wait_us(unsigned us) {
  const timespec time = {us / 1000000, static_cast<long>(us % 1000000) * 1000};
  ::nanosleep(&time, nullptr);
}

[[noreturn]] void live(const KillPlan& plan) {
  for (const int signal : {SIGSEGV, SIGABRT}) std::signal(signal, SIG_DFL);
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = plan.ring_path.c_str();
  options.ring_bytes = plan.ring_bytes;
  truth->trouble = crashreel_start(&options);
  if (truth->trouble != 0) ::_exit(1);
  if (plan.handler_hz != 0) {
    std::signal(SIGALRM, handle);
    const suseconds_t us = 1000000 / plan.handler_hz;
    const itimerval every = {{0, us}, {0, us}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
  }
  std::vector<std::thread> threads;
  for (unsigned t = 1; t < plan.threads; ++t) {
    threads.emplace_back(write_for_ever, t, plan.seed, plan.longest);
  }
  if (plan.death != Death::kKill) {
    std::thread([&plan] {
      sigset_t alarm;
      sigemptyset(&alarm);
      sigaddset(&alarm, SIGALRM);
      pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
      while (truth->recording == 0) std::this_thread::yield();
      wait_us(plan.life_us);
      if (plan.death == Death::kSegv) *static_cast<volatile int*>(nullptr) = 1;
      if (plan.death == Death::kAbort) std::abort();
      ::_exit(0);
    }).detach();
  }
  write_for_ever(0, plan.seed, plan.longest);
  std::abort();
}

void complain(KillAccount& account, const std::string& what) {
  if (account.complaints.size() < 10) account.complaints.push_back(what);
}

struct Shown {
  std::uint64_t count = 0;
  std::uint32_t newest = 0;
};

// Each input of the reel is whole, and each writer's come in their order.
std::map<std::uint32_t, Shown> check_shown(const Reel& reel, KillAccount& account) {
  std::map<std::uint32_t, Shown> shown;
  for (const Input& input : reel.inputs) {
    const auto label = read_payload(input.data);
    if (!label || label->writer >= kWriters || label->writer != input.session) {
      ++account.torn_shown;
      complain(account, "torn input shown: seq " + std::to_string(input.seq));
      continue;
    }
    Shown& mine = shown[label->writer];
    if (mine.count != 0 && label->number <= mine.newest) {
      ++account.miscounted;
      complain(account, "out of order: seq " + std::to_string(input.seq));
    }
    ++mine.count;
    mine.newest = label->number;
  }
  return shown;
}

// In [begin, end) each writer's numbers have no gap; in the prelude, which is the first part of the
// reel, they begin with 0.
void check_no_gaps(const Reel& reel, std::size_t begin, std::size_t end, KillAccount& account) {
  std::map<std::uint32_t, std::uint32_t> next;
  for (std::size_t i = begin; i < end; ++i) {
    const auto label = read_payload(reel.inputs[i].data);
    if (!label) continue;
    const auto it =
        next.try_emplace(label->writer, end == reel.prelude_inputs ? 0 : label->number).first;
    if (it->second != label->number) {
      ++account.missing;
      complain(account, "writer " + std::to_string(label->writer) + ": " +
                            std::to_string(label->number) + " where " + std::to_string(it->second) +
                            " should be");
    }
    it->second = label->number + 1;
  }
}

// The tail is everything from its first input on: what each writer committed just before its own
// first input there must be older than that.
void check_complete(const Collection& found, bool stamps_are_cycles, const Reel& reel,
                    KillAccount& account) {
  const std::size_t tail = reel.inputs.size() - reel.prelude_inputs;
  if (tail == 0) return;
  const std::uint64_t floor = found.inputs[found.inputs.size() - tail].stamp;
  std::map<std::uint32_t, std::uint64_t> first;
  for (std::size_t i = reel.prelude_inputs; i < reel.inputs.size(); ++i) {
    if (const auto label = read_payload(reel.inputs[i].data)) {
      first.try_emplace(label->writer, label->number);
    }
  }
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const std::uint64_t done = truth->writers[writer].done;
    const auto it = first.find(writer);
    const std::uint64_t end = it == first.end() ? done : it->second;
    if (end == 0 || done - end >= kMoments) continue;
    const Moment& before = truth->before[writer][(end - 1) % kMoments];
    if ((stamps_are_cycles ? before.cycles : before.ns) <= floor) continue;
    ++account.missing;
    complain(account, "writer " + std::to_string(writer) + ": " + std::to_string(end - 1) +
                          " is newer than the tail's first input, and not in it");
  }
}

// What the writers committed in all must be what salvage shows and counts.
void check_counts(const Collection& found, const Reel& reel,
                  const std::map<std::uint32_t, Shown>& shown, KillAccount& account) {
  std::uint64_t least = 0, most = 0, least_bytes = 0, most_bytes = 0;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer) {
    const WriterTruth& mine = truth->writers[writer];
    const auto it = shown.find(writer);
    const std::uint64_t newest = it == shown.end() ? 0 : it->second.newest + 1u;
    const bool in_flight_came_through = newest > mine.done;
    least += in_flight_came_through ? mine.begun : mine.done;
    most += mine.begun;
    least_bytes += in_flight_came_through ? mine.begun_bytes : mine.done_bytes;
    most_bytes += mine.begun_bytes;
  }
  account.recorded = found.overwritten_inputs + found.inputs.size();
  std::uint64_t bytes = found.overwritten_bytes;
  for (const Piece& input : found.inputs) bytes += input.data.size();
  const Loss& loss = reel.loss;
  const std::uint64_t said = loss.overwritten_inputs + loss.sparse_inputs + reel.inputs.size();
  const std::uint64_t last_seq = reel.inputs.empty() ? said : reel.inputs.back().seq + 1;
  if (account.recorded < least || account.recorded > most) {
    account.miscounted +=
        account.recorded < least ? least - account.recorded : account.recorded - most;
    complain(account, "counted " + std::to_string(account.recorded) + " inputs, there were " +
                          std::to_string(least) + " to " + std::to_string(most));
  }
  if (bytes < least_bytes || bytes > most_bytes) {
    ++account.miscounted;
    complain(account, "counted " + std::to_string(bytes) + " bytes, there were " +
                          std::to_string(least_bytes) + " to " + std::to_string(most_bytes));
  }
  if (said != account.recorded || last_seq != account.recorded) {
    ++account.miscounted;
    complain(account, "loss and seq disagree: " + std::to_string(said) + ", " +
                          std::to_string(last_seq) + ", " + std::to_string(account.recorded));
  }
  if (loss.torn_inputs + account.recorded > most) {
    ++account.miscounted;
    complain(account, "more torn inputs than were in flight");
  }
  if (loss.dropped_inputs != 0) complain(account, "inputs were dropped");
}

KillAccount judge(const KillPlan& plan) {
  KillAccount account;
  const auto read = salvage_ring(plan.ring_path);
  const auto image = RingImage::open(plan.ring_path);
  if (!read || !image) {
    complain(account, read ? image.error().message : read.error().message);
    return account;
  }
  for (const std::string& what : read->damage.notes) complain(account, "damage: " + what);
  const Collection found = collect(*image);
  account.shown = read->reel.inputs.size();
  account.torn_inputs = read->reel.loss.torn_inputs;
  const auto shown = check_shown(read->reel, account);
  const std::size_t prelude = read->reel.prelude_inputs;
  check_no_gaps(read->reel, 0, prelude, account);
  check_no_gaps(read->reel, prelude, read->reel.inputs.size(), account);
  check_complete(found, image->super().clock == ring::Clock::kCycles, read->reel, account);
  check_counts(found, read->reel, shown, account);
  return account;
}

}  // namespace

const char* name_of(Death death) {
  switch (death) {
    case Death::kKill:
      return "SIGKILL";
    case Death::kSegv:
      return "SIGSEGV";
    case Death::kAbort:
      return "abort";
    case Death::kExit:
      return "_exit";
  }
  return "?";
}

KillAccount run_and_kill(const KillPlan& plan) {
  CRASHREEL_CHECK(plan.threads >= 1 && plan.threads <= kMostThreads);
  ::unlink(plan.ring_path.c_str());
  void* pages =
      ::mmap(nullptr, sizeof(Truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CRASHREEL_CHECK(pages != MAP_FAILED);
  truth = new (pages) Truth();
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child == 0) live(plan);
  while (truth->recording == 0 && truth->trouble == 0) wait_us(100);
  if (plan.death == Death::kKill) {
    wait_us(plan.life_us);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child);
  KillAccount account;
  if (truth->trouble != 0) {
    complain(account, "no ring: errno " + std::to_string(truth->trouble));
  } else {
    account = judge(plan);
  }
  ::munmap(pages, sizeof(Truth));
  ::unlink(plan.ring_path.c_str());
  return account;
}

}  // namespace crashreel
