// What does it cost a program to have an input recorded? crashreel_record() against the least that
// any recorder must do: memcpy into a mapping of the same kind and size, with one reading of the
// cycle counter. CPU time of the recording thread, the smallest of many short turns, taken in turn
// with the reference: other programs only ever add. With the machine's other half busy the ratio
// rises all the same, for ours is more instructions; measure on a quiet one.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "capture/runtime/crashreel.h"
#include "tests/bench/bench.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

using namespace crashreel::bench;

namespace {

constexpr std::size_t kRingBytes = 64 << 20;
constexpr std::size_t kTurnBytes = 2 << 20;  // recorded in a turn, headers included
constexpr std::size_t kTurns = 400;

struct Case {
  std::size_t size;
  unsigned threads;
  double bar;
};

constexpr Case kCases[] = {
    {16, 1, 1.25}, {64, 1, 1.25}, {256, 1, 1.25}, {1024, 1, 1.15}, {16384, 1, 1.3}, {65536, 1, 0.8},
    {16, 2, 1.25}, {64, 2, 1.25}, {256, 2, 1.25}, {1024, 2, 1.15}, {16384, 2, 1.3}, {65536, 2, 0.8},
};

std::uint64_t cycles() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

// A mapping as a ring has it: of a preallocated file in shared memory, all pages present.
unsigned char* map_like_a_ring() {
  const std::string path = "/dev/shm/crashreel-bench-" + std::to_string(::getpid());
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  CRASHREEL_CHECK(fd >= 0 && ::posix_fallocate(fd, 0, kRingBytes) == 0);
  void* base =
      ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  CRASHREEL_CHECK(base != MAP_FAILED);
  ::close(fd);
  ::unlink(path.c_str());
  std::memset(base, 0, kRingBytes);
  return static_cast<unsigned char*>(base);
}

void start_recording() {
  const std::string path = "/dev/shm/crashreel-bench-" + std::to_string(::getpid()) + ".ring";
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = path.c_str();
  options.ring_bytes = kRingBytes;
  options.prelude_bytes = 0;
  CRASHREEL_CHECK(crashreel_start(&options) == 0);
  ::unlink(path.c_str());
}

// One thread's share of the reference: copies one behind the other, round and round.
class Copier {
 public:
  Copier(unsigned char* base, std::size_t bytes) : base_(base), bytes_(bytes) {}

  void copy(const void* from, std::size_t size) {
    const std::size_t step = (size + 7) & ~std::size_t{7};
    if (bytes_ - at_ < step) at_ = 0;
    stamps_ += cycles();
    std::memcpy(base_ + at_, from, size);
    at_ += step;
    keep(stamps_);
  }

 private:
  unsigned char* base_;
  std::size_t bytes_;
  std::size_t at_ = 0;
  std::uint64_t stamps_ = 0;
};

template <typename Work>
double thread_ns_each(std::size_t count, Work&& work) {
  const double start = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
  for (std::size_t i = 0; i < count; ++i) work();
  return (clock_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / static_cast<double>(count);
}

struct Turns {
  std::vector<double> ours;
  std::vector<double> reference;

  void add(const Turns& other) {
    ours.insert(ours.end(), other.ours.begin(), other.ours.end());
    reference.insert(reference.end(), other.reference.begin(), other.reference.end());
  }
};

// With several threads the turns must coincide, or each would run alone.
class Together {
 public:
  explicit Together(unsigned threads) : threads_(threads) {}
  void wait() {
    const unsigned turn = turn_.load();
    if (arrived_.fetch_add(1) + 1 == threads_) {
      arrived_ = 0;
      turn_.fetch_add(1);
    }
    while (turn_.load() == turn) continue;
  }

 private:
  unsigned threads_;
  std::atomic<unsigned> arrived_ = 0;
  std::atomic<unsigned> turn_ = 0;
};

void measure_thread(const Case& scene, Copier copier, Together& together, Turns& turns) {
  const std::vector<char> payload(scene.size, 'x');
  const std::size_t count = std::max<std::size_t>(16, kTurnBytes / (scene.size + 24));
  const auto record = [&] { crashreel_data(1, payload.data(), payload.size()); };
  const auto copy = [&] { copier.copy(payload.data(), payload.size()); };
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    together.wait();
    const double ours = thread_ns_each(count, record);
    together.wait();
    const double reference = thread_ns_each(count, copy);
    if (turn == 0) continue;  // warms up
    turns.ours.push_back(ours);
    turns.reference.push_back(reference);
  }
}

void measure(const Case& scene, unsigned char* base) {
  std::vector<Turns> turns(scene.threads);
  Together together(scene.threads);
  std::vector<std::thread> threads;
  const std::size_t share = kRingBytes / scene.threads;
  for (unsigned t = 0; t < scene.threads; ++t) {
    threads.emplace_back(measure_thread, std::cref(scene), Copier(base + t * share, share),
                         std::ref(together), std::ref(turns[t]));
  }
  for (std::thread& thread : threads) thread.join();
  Turns all;
  for (const Turns& one : turns) all.add(one);
  const auto [lowest, highest] = std::ranges::minmax(all.ours);
  const double reference = std::ranges::min(all.reference);
  const std::string size = scene.size < 1024 ? std::to_string(scene.size) + " B"
                                             : std::to_string(scene.size / 1024) + " KiB";
  print({.bench = "capture",
         .scene = size + (scene.threads == 1 ? ", 1 thread" : ", 2 threads"),
         .value = {lowest, lowest, highest, all.ours.size()},
         .unit = "ns",
         .reference = reference,
         .against = "memcpy + rdtsc",
         .ratio = lowest / reference,
         .bar = at_most(scene.bar)});
}

}  // namespace

int main() {
  start_recording();
  unsigned char* base = map_like_a_ring();
  for (const Case& scene : kCases) measure(scene, base);
  return 0;
}
