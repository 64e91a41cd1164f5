// Loaded into a fresh instance by the dynamic linker, before main: takes the script, watches for
// the crash, and, where the script has steps, puts scheduler and stage in charge of the program's
// waiting. Without a script in the environment it stays out of the way.

#include "harness/player/player.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/bypass.h"
#include "harness/player/clock.h"
#include "harness/player/crash.h"
#include "harness/player/descriptors.h"
#include "harness/player/failed_opens.h"
#include "harness/player/fork_point.h"
#include "harness/player/handover.h"
#include "harness/player/idle.h"
#include "harness/player/random.h"
#include "harness/player/rewind.h"
#include "harness/player/script.h"
#include "harness/player/stage.h"
#include "harness/player/stop.h"
#include "harness/player/timers.h"

namespace crashreel::player {
namespace {

// Takes the descriptor.
ScriptHeader* map_script(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(ScriptHeader))) {
    return nullptr;
  }
  void* memory = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE,
                        MAP_SHARED, fd, 0);
  CRASHREEL_REAL(close)(fd);
  if (memory == MAP_FAILED) return nullptr;
  auto* script = static_cast<ScriptHeader*>(memory);
  const bool ours = script->magic == kScriptMagic && script->version == kScriptVersion;
  return ours ? script : nullptr;
}

// The script is for this program.
bool is_the_program() {
  const char* wanted = ::getenv(kProgramEnv);
  if (wanted == nullptr) return true;
  char own[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", own, sizeof own - 1);
  if (size < 0) return false;
  own[size] = 0;
  return ::strcmp(own, wanted) == 0;
}

ScriptHeader* take_script() {
  const char* number = ::getenv(kScriptEnv);
  if (number == nullptr || !is_the_program()) return nullptr;
  // Programs that this one starts are not part of the try.
  const int fd = ::atoi(number);
  ::unsetenv(kScriptEnv);
  ::unsetenv(kProgramEnv);
  ::unsetenv("LD_PRELOAD");
  return map_script(fd);
}

void leave_child_alone() {
  forget_to_go_back();
  drop_signal_timers();
  if (may_be_fed()) return stop_watching();
  allow_bypass(false);
  if (attend()) return drop_timers();
  stop_scheduling();
  abandon_clock();
  abandon_random();
  stop_watching();
  close_all_own();
}

__attribute__((constructor)) void attach() {
  ScriptHeader* script = take_script();
  if (script == nullptr) return;
  allow_debugger(*script);
  watch_for_crash(script);
  take_random_from(script);
  note_failed_opens_in(script);
  find_real_clock();
  if (script->feeds != 0) {
    prepare_descriptors();
    prepare_fork_point();
    if (!set_stage(script)) return;
    prepare_handover(script);
    start_clock(script->start_realtime_ns);
    count_real_times(&script->real_times);
    start_scheduling(act, miss_thread);
  }
  pthread_atfork(nullptr, nullptr, leave_child_alone);
  script->state.store(static_cast<std::uint32_t>(ScriptState::kAttached));
}

}  // namespace

bool begin_script(int fd) {
  ScriptHeader* script = map_script(fd);
  if (script == nullptr || !set_stage(script)) return false;
  allow_debugger(*script);
  watch_for_crash_of(script);
  prepare_handover(script);
  count_real_times(&script->real_times);
  take_random_from(script);
  note_failed_opens_in(script);
  script->state.store(static_cast<std::uint32_t>(ScriptState::kAttached));
  return true;
}

}  // namespace crashreel::player
