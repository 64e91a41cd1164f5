// A corpus of 100,000 seeds: what adding, listing, laying into buckets and merging cost, each
// against the least that could do it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "corpus/buckets.h"
#include "corpus/seed_codec.h"
#include "corpus/sha1.h"
#include "corpus/store.h"
#include "tests/bench/bench.h"

using namespace crashreel;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSeeds = 100'000;
constexpr std::size_t kBatch = 256;
constexpr std::size_t kCrashing = 10;  // one of so many seeds is a reproducer
constexpr std::size_t kBugs = 500;

Store::NewSeed seed_of(std::size_t number) {
  Store::NewSeed seed;
  Input input;
  input.session = 0;
  const char* words[] = {"PING", "SET", "GET", "DEL"};
  for (std::size_t i = 0; i < 3; ++i) {
    input.seq = i;
    input.data = std::string(words[(number + i) % 4]) + " key" + std::to_string(number) + "\r\n";
    seed.reel.inputs.push_back(input);
  }
  seed.reel.program.executable = "/usr/bin/server";
  seed.keeps_reel = number % kCrashing == 0;
  if (seed.keeps_reel)
    for (std::uint64_t frame = 0; frame < 12; ++frame)
      seed.reel.crash.signature.frames.push_back(
          {"server", "0123abcd", frame * 64 + number % kBugs, "function"});
  seed.reel.crash.signature.kind = seed.keeps_reel ? "SIGSEGV" : "";
  seed.from.origin = "bench";
  return seed;
}

void add_all(Store& store) {
  std::vector<Store::NewSeed> batch;
  for (std::size_t i = 0; i < kSeeds; ++i) {
    batch.push_back(seed_of(i));
    if (batch.size() < kBatch && i + 1 < kSeeds) continue;
    CRASHREEL_CHECK(store.add_all(batch).has_value());
    batch.clear();
  }
}

void write_plainly(const std::string& folder) {
  fs::create_directory(folder);
  for (std::size_t i = 0; i < kSeeds; ++i) {
    const std::string bytes = encode_seed(seed_of(i).reel);
    std::ofstream(folder + "/" + sha1_hex(bytes)) << bytes;
  }
}

void count_files(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.is_regular_file()) bytes += file.file_size();
  bench::keep(bytes);
}

template <typename Work>
double seconds_of(Work&& work) {
  timespec start{}, end{};
  clock_gettime(CLOCK_MONOTONIC, &start);
  work();
  clock_gettime(CLOCK_MONOTONIC, &end);
  return static_cast<double>(end.tv_sec - start.tv_sec) +
         static_cast<double>(end.tv_nsec - start.tv_nsec) / 1e9;
}

void tell(const char* scene, double ours, double theirs, const char* against) {
  bench::print({.bench = "corpus",
                .scene = scene,
                .value = bench::once(ours),
                .unit = "s",
                .reference = theirs,
                .against = against,
                .ratio = ours / theirs});
}

void run(const std::string& line) {
  CRASHREEL_CHECK(std::system((line + " >/dev/null 2>&1").c_str()) == 0);
}

void measure_merge(const std::string& corpus, const std::string& work) {
  const std::string target = work + "/fuzz", merged = work + "/merged";
  run("clang++-19 -fsanitize=fuzzer " CRASHREEL_SOURCE_DIR "/tests/tools/merge_target.cc -o " +
      target);
  fs::create_directory(merged);
  const double theirs = seconds_of([&] { run(target + " -merge=1 " + merged + " " + corpus); });
  const double ours = seconds_of([&] {
    run(CRASHREEL_BUILD_DIR "/bin/crashreel corpus merge " + corpus + " --target " + target);
  });
  tell("merge 100,000 seeds", ours, theirs, "-merge=1 alone");
}

}  // namespace

int main() {
  std::string work = fs::temp_directory_path() / "corpus_bench.XXXXXX";
  CRASHREEL_CHECK(mkdtemp(work.data()) != nullptr);
  const std::string corpus = work + "/corpus";
  Result<Store> store = Store::open(corpus, true);
  CRASHREEL_CHECK(store.has_value());
  const double adding = seconds_of([&] { add_all(*store); });
  const double writing = seconds_of([&] { write_plainly(work + "/plain"); });
  tell("add 100,000 seeds", adding, writing, "writing files, no fsync");

  Result<Store::Listing> listing = Error{};
  const double listed = seconds_of([&] { listing = store->list(); });
  CRASHREEL_CHECK(listing && listing->seeds.size() == kSeeds);
  tell("list 100,000 seeds", listed, seconds_of([&] { count_files(corpus); }), "readdir and stat");
  const std::vector<SeedFacts> facts = listing->all();
  std::vector<Bucket> buckets;
  const double sorted = seconds_of([&] { buckets = buckets_of(facts); });
  CRASHREEL_CHECK(buckets.size() == kBugs / kCrashing);
  tell("lay 10,000 crashes into buckets", sorted, listed, "listing them");
  measure_merge(corpus, work);
  fs::remove_all(work);
  return 0;
}
