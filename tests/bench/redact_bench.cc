// What do redaction rules cost a program? crashreel_record() under rules, against the least that
// any redactor must do: one memmem() for each rule and one memcpy() into a mapping of the same
// size. CPU time of the recording thread, the smallest of many short turns, taken in turn with the
// reference. Each scene is a process of its own, for its rules hold until it ends.
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "capture/runtime/crashreel.h"
#include "tests/bench/bench.h"

using namespace crashreel::bench;

namespace {

constexpr std::size_t kRingBytes = 64 << 20;
constexpr std::size_t kTurnBytes = 1 << 20;
constexpr std::size_t kTurns = 200;

struct Scene {
  std::size_t size;
  int rules;
  bool hit;  // the payload holds what the first rule names
  double bar;
};

constexpr Scene kScenes[] = {
    {64, 1, false, 4},   {1024, 1, false, 2},    {16384, 1, false, 1.5}, {64, 8, false, 4},
    {1024, 8, false, 2}, {16384, 8, false, 1.5}, {64, 1, true, 20},      {16384, 1, true, 4},
};

std::string text_of(int rule) {
  return "secret-" + std::to_string(rule) + "=";
}

unsigned char* mapping() {
  void* base = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  CRASHREEL_CHECK(base != MAP_FAILED);
  return static_cast<unsigned char*>(base);
}

void start_recording(int rules) {
  const std::string path = "/dev/shm/crashreel-bench-" + std::to_string(::getpid()) + ".ring";
  std::string text;
  for (int i = 0; i < rules; ++i) text += "mask:after:" + text_of(i) + "\n";
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = path.c_str();
  options.ring_bytes = kRingBytes;
  options.prelude_bytes = 0;
  options.redact_rules = text.c_str();
  CRASHREEL_CHECK(crashreel_start(&options) == 0);
  ::unlink(path.c_str());
}

template <typename Work>
double thread_ns_each(std::size_t count, Work&& work) {
  const double start = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
  for (std::size_t i = 0; i < count; ++i) work();
  return (clock_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / static_cast<double>(count);
}

// Text as servers get it, in which letters of the rules' texts occur.
std::string payload_of(const Scene& scene) {
  std::string payload;
  while (payload.size() < scene.size)
    payload += "GET /search?session=7&s=some sentence HTTP/1.1\r\n";
  payload.resize(scene.size);
  if (scene.hit) payload.replace(8, 15, text_of(0) + "hunter ");
  return payload;
}

void measure(const Scene& scene) {
  start_recording(scene.rules);
  unsigned char* const base = mapping();
  const std::string payload = payload_of(scene);
  std::vector<std::string> texts;
  for (int i = 0; i < scene.rules; ++i) texts.push_back(text_of(i));
  std::size_t at = 0;
  const auto record = [&] { crashreel_data(1, payload.data(), payload.size()); };
  const auto least = [&] {
    for (const std::string& text : texts) {
      keep(::memmem(payload.data(), payload.size(), text.data(), text.size()));
    }
    if (kRingBytes - at < payload.size()) at = 0;
    ::memcpy(base + at, payload.data(), payload.size());
    at += (payload.size() + 7) / 8 * 8;
  };
  const std::size_t count = std::max<std::size_t>(8, kTurnBytes / scene.size / 8);
  double ours = std::numeric_limits<double>::infinity(), highest = 0, theirs = ours;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    const double mine = thread_ns_each(count, record);
    ours = std::min(ours, mine);
    highest = std::max(highest, mine);
    theirs = std::min(theirs, thread_ns_each(count, least));
  }
  print({.bench = "redact",
         .scene = std::to_string(scene.size) + " B, " + std::to_string(scene.rules) +
                  (scene.rules == 1 ? " rule" : " rules") + (scene.hit ? ", a secret" : ""),
         .value = {ours, ours, highest, kTurns},
         .unit = "ns",
         .reference = theirs,
         .against = "memmem for each rule + memcpy",
         .ratio = ours / theirs,
         .bar = at_most(scene.bar)});
}

}  // namespace

int main() {
  for (const Scene& scene : kScenes) {
    const pid_t child = ::fork();
    CRASHREEL_CHECK(child >= 0);
    if (child == 0) {
      measure(scene);
      ::_exit(0);
    }
    int status = 0;
    CRASHREEL_CHECK(::waitpid(child, &status, 0) == child && status == 0);
  }
  return 0;
}
