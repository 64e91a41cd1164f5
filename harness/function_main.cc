// How is a program run that offers itself as functions (capture/runtime/adapter.h), without a
// fuzzer?
//
//   NAME-replay FILE...    each file as a seed, one after the other: for a debugger, or by hand
//   NAME-replay < SCRIPT   for the harness: the steps of a script in shared memory (script.h)
//
// main() of the programs that crashreel_add_fuzz_target() makes. The harness learns from the
// script's header how far it came; how it died the preloaded player writes there.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "capture/runtime/adapter.h"
#include "harness/player/script.h"
#include "harness/player/stop.h"

extern "C" {
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Asked by sanitizers, if the program has any. A report must be a signal, which is what a crash is
// here; what was not given back at the end is none; names, which take a sanitizer seconds, the
// command finds once; and the player may be loaded before them.
#define CRASHREEL_DEFAULTS __attribute__((visibility("default"), used, no_sanitize("all")))
CRASHREEL_DEFAULTS const char* __asan_default_options() {
  return "abort_on_error=1:symbolize=0:detect_leaks=0:verify_asan_link_order=0";
}
CRASHREEL_DEFAULTS const char* __ubsan_default_options() {
  return "abort_on_error=1:symbolize=0:print_stacktrace=1";
}
}

namespace {

using crashreel::ScriptHeader;
using crashreel::ScriptState;
using crashreel::Step;

constexpr int kNoSuchThing = 2;

// The bytes of a file; null where it can't be read, or has none.
const std::uint8_t* map(int fd, int protection, std::size_t& size) {
  struct stat status;
  size = 0;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return nullptr;
  size = static_cast<std::size_t>(status.st_size);
  void* const memory = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<const std::uint8_t*>(memory);
}

ScriptHeader* script_on_stdin() {
  std::size_t size = 0;
  const std::uint8_t* const memory = map(STDIN_FILENO, PROT_READ | PROT_WRITE, size);
  if (memory == nullptr || size < sizeof(ScriptHeader)) return nullptr;
  auto* script = reinterpret_cast<ScriptHeader*>(const_cast<std::uint8_t*>(memory));
  const bool ours = script->magic == crashreel::kScriptMagic &&
                    script->version == crashreel::kScriptVersion && script->size == size;
  return ours ? script : nullptr;
}

// In a block of just its size, so that a sanitizer sees a read past its end.
void give(void* instance, const Step& step, const char* script) {
  char* const exact = static_cast<char*>(std::malloc(step.payload_size));
  if (exact == nullptr && step.payload_size != 0) std::abort();
  if (step.payload_size != 0) std::memcpy(exact, script + step.payload_offset, step.payload_size);
  crashreel_adapter_input(instance, step.session, static_cast<std::uint32_t>(step.kind), exact,
                          step.payload_size);
  std::free(exact);
}

int perform(ScriptHeader& script) {
  const auto* const bytes = reinterpret_cast<const char*>(&script);
  const auto* const steps = reinterpret_cast<const Step*>(bytes + script.steps_offset);
  void* const instance = crashreel_adapter_start();
  script.state.store(static_cast<std::uint32_t>(ScriptState::kListening));
  for (std::uint32_t i = 0; i < script.step_count; ++i) {
    const std::uint64_t gap_ns = i == 0 ? 0 : steps[i].time_ns - steps[i - 1].time_ns;
    if (gap_ns != 0) crashreel_adapter_idle(instance, gap_ns);
    crashreel::player::stop_before(script, i);
    script.performed.store(i + 1);
    give(instance, steps[i], bytes);
  }
  crashreel::player::stop_before(script, script.step_count);
  crashreel_adapter_idle(instance, UINT64_MAX);
  crashreel_adapter_stop(instance);
  script.state.store(static_cast<std::uint32_t>(ScriptState::kDone));
  return 0;
}

int run_seed(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  std::size_t size = 0;
  const std::uint8_t* const seed = fd < 0 ? nullptr : map(fd, PROT_READ, size);
  if (fd < 0 || (seed == nullptr && size != 0)) {
    std::fprintf(stderr, "%s: can't be read: %s; name seed files\n", path, std::strerror(errno));
    return kNoSuchThing;
  }
  LLVMFuzzerTestOneInput(seed, size);
  std::fprintf(stderr, "%s: no crash\n", path);
  ::close(fd);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (const int status = run_seed(argv[i]); status != 0) return status;
  if (argc > 1) return 0;
  ScriptHeader* const script = script_on_stdin();
  if (script != nullptr) return perform(*script);
  std::fprintf(stderr,
               "usage: %s SEED...\nIt runs the inputs of each seed; as the program of a reel, "
               "'crashreel replay' runs it.\n",
               argv[0]);
  return kNoSuchThing;
}
