// What does a fuzz target do with its seeds, where there is no libFuzzer?
//
//   NAME_fuzz SEED_FOLDER
//
// Runs LLVMFuzzerTestOneInput over the empty input, each file of the folder, its truncations and a
// fixed set of mutations, in an order that depends on nothing but the files, so that a failure
// repeats. Says which input it was when the target dies. It searches for nothing: that is
// libFuzzer's work; this only holds every compiler's build to what was found before.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" {
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// What a target may define besides, and what a sanitizer brings.
__attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);
__attribute__((weak)) std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                          std::size_t max_size, unsigned seed);
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
}

namespace {

using Bytes = std::vector<std::uint8_t>;

// A sanitizer makes a run ten to twenty times as long, and under one libFuzzer goes on from the
// same seeds: there it is every eighth.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRASHREEL_FEWER 8
#endif
#endif
#ifndef CRASHREEL_FEWER
#define CRASHREEL_FEWER 1
#endif

// A seed longer than these is cut and changed at evenly spaced places instead of everywhere.
constexpr std::size_t kTruncations = 512 / CRASHREEL_FEWER;
constexpr std::size_t kMutatedPlaces = 256 / CRASHREEL_FEWER;
constexpr unsigned kCustomMutations = 256 / CRASHREEL_FEWER;
constexpr std::size_t kGrowth = 4096;

char current_case[512] = "no input yet";

void say_current_case() {
  const char* parts[] = {"replay_seeds: died in ", current_case, "\n"};
  for (const char* part : parts) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) return;
  }
}

void on_fatal_signal(int signal) {
  say_current_case();
  std::raise(signal);  // SA_RESETHAND: this time it ends the program
}

void prepare_last_words() {
  struct sigaction action = {};
  action.sa_handler = on_fatal_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  sigaction(SIGABRT, &action, nullptr);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(say_current_case);  // it has handlers for the others
    return;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigaction(signal, &action, nullptr);
}

class Replay {
 public:
  explicit Replay(std::string name) : name_(std::move(name)) {}

  // In a block of just this size, so that a sanitizer sees a read past the end.
  void run(const Bytes& input, const char* change, std::size_t place) {
    std::snprintf(current_case, sizeof current_case, "%s, %s %zu", name_.c_str(), change, place);
    const auto exact = std::make_unique<std::uint8_t[]>(input.size());
    std::copy(input.begin(), input.end(), exact.get());
    LLVMFuzzerTestOneInput(exact.get(), input.size());
    ++runs_;
  }

  void run_all(const Bytes& seed) {
    run(seed, "as it is, bytes", seed.size());
    const std::size_t cut_step = seed.size() / kTruncations + 1;
    for (std::size_t length = 0; length < seed.size(); length += cut_step) {
      run(Bytes(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(length)), "cut at byte",
          length);
    }
    const std::size_t change_step = seed.size() / kMutatedPlaces + 1;
    for (std::size_t place = 0; place < seed.size(); place += change_step) change(seed, place);
    if (LLVMFuzzerCustomMutator != nullptr) mutate(seed);
  }

  std::size_t runs() const { return runs_; }

 private:
  void change(const Bytes& seed, std::size_t place) {
    const std::uint8_t old = seed[place];
    const std::uint8_t extremes[] = {0x00, 0xff, static_cast<std::uint8_t>(old ^ 1U),
                                     static_cast<std::uint8_t>(old ^ 0x80U)};
    Bytes changed = seed;
    for (const std::uint8_t value : extremes) {
      changed[place] = value;
      run(changed, "changed at byte", place);
    }
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(place));
    run(changed, "without byte", place);
  }

  void mutate(const Bytes& seed) {
    Bytes changed(seed.size() + kGrowth);
    for (unsigned round = 0; round < kCustomMutations; ++round) {
      changed.assign(seed.begin(), seed.end());
      changed.resize(seed.size() + kGrowth);
      const std::size_t size =
          LLVMFuzzerCustomMutator(changed.data(), seed.size(), changed.size(), round);
      changed.resize(std::min(size, changed.size()));
      run(changed, "custom mutation", round);
    }
  }

  std::string name_;
  std::size_t runs_ = 0;
};

std::vector<std::filesystem::path> seeds_in(const char* folder) {
  std::vector<std::filesystem::path> seeds;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) seeds.push_back(entry.path());
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

}  // namespace

// For custom mutators, which libFuzzer lends its own: here one bit, chosen by a fixed sequence.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  static std::uint64_t state = 1;
  state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
  if (size == 0) {
    if (max_size > 0) data[0] = static_cast<std::uint8_t>(state >> 56U);
    return std::min<std::size_t>(max_size, 1);
  }
  data[(state >> 33U) % size] ^= static_cast<std::uint8_t>(1U << (state >> 61U));
  return size;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s SEED_FOLDER\n", argv[0]);
    return 2;
  }
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  prepare_last_words();
  const auto seeds = seeds_in(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seed file there: add one well-formed input at least\n", argv[1]);
    return 1;
  }
  Replay empty("the empty input");
  empty.run({}, "bytes", 0);
  std::size_t runs = empty.runs();
  for (const auto& path : seeds) {
    std::ifstream file(path, std::ios::binary);
    Replay replay(path.string());
    replay.run_all(Bytes(std::istreambuf_iterator<char>(file), {}));
    runs += replay.runs();
  }
  std::printf("%zu seeds, %zu inputs\n", seeds.size(), runs);
  return 0;
}
