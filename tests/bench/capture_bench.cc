// What does it cost a program to have an input recorded? crashreel_record() against the least that
// any recorder must do: memcpy into a mapping of the same kind and size, with one reading of the
// cycle counter. CPU time of the recording thread, the smallest of many short turns, taken in turn
// with the reference: other programs only ever add. With the machine's other half busy the ratio
// rises all the same, for ours is more instructions; measure on a quiet one. Where LTTng-UST is
// installed, it records the same payloads in the same turns.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "capture/runtime/crashreel.h"
#include "tests/bench/bench.h"
#include "tests/bench/lttng_session.h"

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
  double memcpy_bar;  // at most so many times memcpy and rdtsc, in one thread
  double rival_bar;   // at least so many times cheaper than LTTng-UST; 0: no bar
};

constexpr Case kCases[] = {{16, 1.25, 8},     {64, 1.25, 8},     {256, 1.25, 0},
                           {1024, 1.15, 1.6}, {16384, 1.3, 1.6}, {65536, 0.8, 2}};
constexpr std::size_t kSmall = 64;

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

void start_recording(bool checksums) {
  const std::string path = "/dev/shm/crashreel-bench-" + std::to_string(::getpid()) + ".ring";
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = path.c_str();
  options.ring_bytes = kRingBytes;
  options.prelude_bytes = 0;
  options.payload_crc = checksums ? 1 : 0;
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

// The least of each rival's turns.
struct Least {
  double ours = std::numeric_limits<double>::infinity();
  double copy = ours;
  double lttng = ours;
  double highest = 0;  // of ours

  void add(const Least& other) {
    ours = std::min(ours, other.ours);
    copy = std::min(copy, other.copy);
    lttng = std::min(lttng, other.lttng);
    highest = std::max(highest, other.highest);
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

void measure_thread(std::size_t size, Copier copier, Together& together, Least& least) {
  const std::vector<char> payload(size, 'x');
  const std::size_t count = std::max<std::size_t>(16, kTurnBytes / (size + 24));
  const auto record = [&] { crashreel_data(1, payload.data(), payload.size()); };
  const auto copy = [&] { copier.copy(payload.data(), payload.size()); };
  const auto trace = [&] { lttng_record(payload.data(), payload.size()); };
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    Least now;
    together.wait();
    now.ours = now.highest = thread_ns_each(count, record);
    together.wait();
    now.copy = thread_ns_each(count, copy);
    if (lttng_is_there()) {
      together.wait();
      now.lttng = thread_ns_each(count, trace);
    }
    if (turn != 0) least.add(now);  // the first warms up
  }
}

Least measure(std::size_t size, unsigned threads, unsigned char* base) {
  std::vector<Least> least(threads);
  Together together(threads);
  std::vector<std::thread> running;
  const std::size_t share = kRingBytes / threads;
  for (unsigned t = 0; t < threads; ++t) {
    running.emplace_back(measure_thread, size, Copier(base + t * share, share), std::ref(together),
                         std::ref(least[t]));
  }
  for (std::thread& thread : running) thread.join();
  Least all;
  for (const Least& one : least) all.add(one);
  return all;
}

std::string name_of(std::size_t size) {
  return size < 1024 ? std::to_string(size) + " B" : std::to_string(size / 1024) + " KiB";
}

void say(const std::string& scene, const Least& least, double reference, const char* against,
         double ratio, Bar bar) {
  print({.bench = "capture",
         .scene = scene,
         .value = {least.ours, least.ours, least.highest, kTurns - 1},
         .unit = "ns",
         .reference = reference,
         .against = against,
         .ratio = ratio,
         .bar = bar});
}

// What each size costs in one thread, for those who compare with it.
using Figures = std::array<double, std::size(kCases)>;

// A stamp is the least that a record takes beside its bytes. Where one reading of the counter takes
// an eighth of what LTTng-UST takes for all, nobody who reads it is eight times cheaper.
void measure_counter(const Least& smallest) {
  Least least;
  std::uint64_t stamps = 0;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    const double ns = thread_ns_each(kTurnBytes / 64, [&] {
      stamps += cycles();
      keep(stamps);
    });
    least.add({.ours = ns, .highest = ns});
  }
  const bool rival = lttng_is_there();
  say("one reading of the cycle counter", least, rival ? smallest.lttng / 8 : 0,
      rival ? "an eighth of LTTng-UST for 16 B" : "", rival ? least.ours / smallest.lttng * 8 : 0,
      {});
}

Figures measure_plain(unsigned char* base) {
  Figures figures{};
  for (std::size_t i = 0; i < std::size(kCases); ++i) {
    const Case& scene = kCases[i];
    const std::string name = name_of(scene.size);
    const Least one = measure(scene.size, 1, base);
    figures[i] = one.ours;
    if (i == 0) measure_counter(one);
    say(name + ", 1 thread", one, one.copy, "memcpy + rdtsc", one.ours / one.copy,
        at_most(scene.memcpy_bar));
    if (lttng_is_there()) {
      say(name + ", 1 thread, times cheaper", one, one.lttng, "LTTng-UST, snapshot mode",
          one.lttng / one.ours, scene.rival_bar != 0 ? at_least(scene.rival_bar) : Bar{});
    }
    const Least two = measure(scene.size, 2, base);
    if (scene.size <= kSmall) {
      say(name + ", 2 threads", two, one.ours, "1 thread", two.ours / one.ours, at_most(1.3));
    } else {
      say(name + ", 2 threads", two, two.copy, "memcpy + rdtsc in 2 threads", two.ours / two.copy,
          at_most(1));
    }
  }
  return figures;
}

// With checksums: at most a nanosecond more for few bytes, twice memcpy for many.
void measure_sums(unsigned char* base, const Figures& plain) {
  for (std::size_t i = 0; i < std::size(kCases); ++i) {
    const std::string name = name_of(kCases[i].size) + ", 1 thread, checksums";
    const Least least = measure(kCases[i].size, 1, base);
    if (kCases[i].size <= kSmall) {
      say(name, least, plain[i] + 1, "without them, and 1 ns", least.ours / (plain[i] + 1),
          at_most(1));
    } else {
      say(name, least, least.copy, "memcpy + rdtsc", least.ours / least.copy,
          kCases[i].size >= 16384 ? at_most(2) : Bar{});
    }
  }
}

// A process has one ring, so the ring with checksums is another process's. It waits for its turn
// at a pipe, from which the figures come that it compares with.
pid_t fork_with_sums(int* figures_to) {
  int ends[2];
  CRASHREEL_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child != 0) {
    ::close(ends[0]);
    *figures_to = ends[1];
    return child;
  }
  ::close(ends[1]);
  Figures plain{};
  if (::read(ends[0], plain.data(), sizeof plain) != sizeof plain) ::_exit(1);
  start_recording(true);
  measure_sums(map_like_a_ring(), plain);
  ::_exit(0);
}

}  // namespace

int main(int, char** argv) {
  LttngSession session(argv);
  int figures_to = -1;
  const pid_t with_sums = fork_with_sums(&figures_to);
  start_recording(false);
  const Figures plain = measure_plain(map_like_a_ring());
  CRASHREEL_CHECK(::write(figures_to, plain.data(), sizeof plain) == sizeof plain);
  int status = 0;
  CRASHREEL_CHECK(::waitpid(with_sums, &status, 0) == with_sums);
  return status == 0 ? 0 : 1;
}
