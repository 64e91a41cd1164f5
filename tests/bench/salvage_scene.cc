#include "tests/bench/salvage_scene.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "capture/reel/chunk_table.h"
#include "capture/reel/reel_writer.h"
#include "capture/reel/salvage.h"
#include "capture/runtime/crashreel.h"
#include "tests/bench/bench.h"
#include "tests/bench/large_reel_scene.h"

namespace crashreel::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPayload = 216;  // so that so many inputs fill the ring
constexpr std::uint64_t kInputs = 4'000'000;
constexpr int kThreads = 4;
constexpr int kSessionsOfAThread = 25;
constexpr double kDemandedRate = 4;  // GB/s of chunks

// A folder in memory with this much room, or else one on disk; gone with this.
class Workplace {
 public:
  Workplace() {
    const bool fits = fs::space("/dev/shm").available > std::uint64_t{3} << 30;
    std::string path = (fits ? fs::path("/dev/shm") : fs::temp_directory_path()) / "bench.XXXXXX";
    CRASHREEL_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { fs::remove_all(path_); }

  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child && status == 0);
}

// Commands with keys and random values, as a key-value server gets them.
void record_some(std::uint64_t inputs, unsigned writer) {
  std::vector<std::uint32_t> sessions;
  for (int i = 0; i < kSessionsOfAThread; ++i) {
    sessions.push_back(crashreel_new_session());
    crashreel_open(sessions.back());
  }
  std::uint64_t state = writer + 1;
  std::string payload = "*3\r\n$3\r\nSET\r\n$10\r\nkey:000000\r\n$160\r\n";
  const std::size_t value = payload.size();
  payload.resize(kPayload, 'v');
  for (std::uint64_t i = 0; i < inputs; ++i) {
    for (std::size_t at = value; at + 8 <= kPayload; at += 16) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      std::memcpy(payload.data() + at, &state, 8);
    }
    const std::uint32_t session = sessions[(state >> 33) % sessions.size()];
    crashreel_data(session, payload.data(), payload.size());
  }
}

// By the recorder, in a process of its own.
void record(const std::string& path, std::uint64_t ring_bytes, std::uint64_t inputs) {
  in_child([&] {
    crashreel_options options = CRASHREEL_OPTIONS_INIT;
    options.ring_path = path.c_str();
    options.ring_bytes = ring_bytes;
    CRASHREEL_CHECK(crashreel_start(&options) == 0);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(record_some, inputs / kThreads, i);
    for (std::thread& thread : threads) thread.join();
    crashreel_stop();
  });
}

// Of this process since it began, in KiB: what it had in memory at most. No file is mapped by
// salvage, so all of it is its own.
std::uint64_t peak_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
  }
  CRASHREEL_CHECK(false);
  return 0;
}

struct Salvaged {
  double write_seconds;
  std::uint64_t idle_kib, scan_kib, write_kib;
  std::uint64_t inputs;
};

// In a process of its own, for its memory.
Salvaged salvage_apart(const std::string& ring, const std::string& reel) {
  int ends[2];
  CRASHREEL_CHECK(::pipe(ends) == 0);
  in_child([&] {
    Salvaged seen{};
    seen.idle_kib = peak_kib();
    const auto scan = scan_ring(ring);
    CRASHREEL_CHECK(scan.has_value());
    seen.scan_kib = peak_kib();
    seen.inputs = scan->counted_inputs;
    seen.write_seconds = wall_seconds_of(
        [&] { CRASHREEL_CHECK(write_reel(scan->reel, *scan->inputs, reel).has_value()); });
    seen.write_kib = peak_kib();
    CRASHREEL_CHECK(::write(ends[1], &seen, sizeof seen) == sizeof seen);
  });
  Salvaged seen{};
  CRASHREEL_CHECK(::read(ends[0], &seen, sizeof seen) == sizeof seen);
  ::close(ends[0]);
  ::close(ends[1]);
  return seen;
}

struct Chunks {
  double count = 0;
  double gigabytes = 0;
};

// Those that have records.
Chunks chunks_of(const std::string& ring) {
  const auto image = RingImage::open(ring);
  CRASHREEL_CHECK(image.has_value());
  const auto count = static_cast<double>(read_chunk_table(*image, false, UINT64_MAX).chunks.size());
  return {count, count * image->super().chunk_bytes / 1e9};
}

// The least that anybody does who looks at all of the ring: the same bytes, read in chunks.
void read_plainly(const std::string& ring) {
  const int fd = ::open(ring.c_str(), O_RDONLY | O_CLOEXEC);
  CRASHREEL_CHECK(fd >= 0);
  std::string room(256 << 10, '\0');
  while (::read(fd, room.data(), room.size()) > 0) keep(room);
  ::close(fd);
}

void measure_scan(const std::string& ring) {
  const double used = chunks_of(ring).gigabytes;
  const double all = static_cast<double>(fs::file_size(ring)) / 1e9;
  const auto scan = [&] { return used / wall_seconds_of([&] { keep(scan_ring(ring)); }); };
  const auto read = [&] { return all / wall_seconds_of([&] { read_plainly(ring); }); };
  const Pair pair = interleaved(7, scan, read);
  const std::string scene = "scan a ring of 1 GiB, 4,000,000 inputs";
  print({.bench = "reel",
         .scene = scene,
         .value = pair.ours,
         .unit = "GB/s",
         .reference = kDemandedRate,
         .against = "demanded",
         .ratio = pair.ours.median / kDemandedRate,
         .bar = at_least(1)});
  print({.bench = "reel",
         .scene = scene,
         .value = pair.ours,
         .unit = "GB/s",
         .reference = pair.theirs.median,
         .against = "read() of the same file alone",
         .ratio = pair.ratio.median});
}

// A chunk of the large ring is four times as large as one of the small ring.
void measure_memory(const Salvaged& large, const Salvaged& small, double more_chunks) {
  const auto line = [&](const char* what, std::uint64_t ours, std::uint64_t theirs) {
    const double more = static_cast<double>(ours) / static_cast<double>(theirs);
    print({.bench = "reel",
           .scene = std::string(what) + " a ring of 1 GiB, memory",
           .value = once(static_cast<double>(ours)),
           .unit = "KiB",
           .reference = static_cast<double>(theirs),
           .against = "a ring of 64 MiB; the bar is how many more chunks",
           .ratio = more,
           .bar = at_most(more_chunks)});
  };
  line("scan", large.scan_kib - large.idle_kib, small.scan_kib - small.idle_kib);
  line("scan and write", large.write_kib - large.idle_kib, small.write_kib - small.idle_kib);
}

}  // namespace

void measure_salvage() {
  const Workplace place;
  const std::string large = place / "large.ring", small = place / "small.ring";
  const std::string reel = place / "large.reel";
  record(small, std::uint64_t{64} << 20, kInputs / 16);
  record(large, std::uint64_t{1} << 30, kInputs);
  // Before this process has scanned anything itself: its children begin with what it has.
  const Salvaged of_small = salvage_apart(small, place / "small.reel");
  const Salvaged of_large = salvage_apart(large, reel);
  CRASHREEL_CHECK(of_large.inputs == kInputs);
  measure_scan(large);
  print({.bench = "reel",
         .scene = "write the reel of that ring",
         .value = once(chunks_of(large).gigabytes / of_large.write_seconds),
         .unit = "GB/s"});
  measure_memory(of_large, of_small, chunks_of(large).count / chunks_of(small).count);
  measure_large_reel(reel, kInputs);
}

}  // namespace crashreel::bench
