#include "harness/player/obstacles.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"
#include "harness/player/proc_file.h"
#include "harness/player/proc_folder.h"
#include "harness/player/script.h"

namespace crashreel::player {

bool has_threads() {
  const char* threads = ::strstr(read_proc_file("/proc/self/status"), "Threads:");
  return threads == nullptr || ::strtol(threads + 8, nullptr, 10) != 1;
}

bool has_timers() {
  for (const int which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval timer = {};
    const bool asked = own_syscall(SYS_getitimer, which, &timer) == 0;
    if (asked && (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0)) return true;
  }
  return *read_proc_file("/proc/self/timers") != 0;
}

bool shares_memory() {
  const char* line = read_proc_file("/proc/self/maps");
  while (line != nullptr && *line != 0) {
    const char* end = ::strchr(line, '\n');
    const char* permissions = ::strchr(line, ' ');
    if (permissions == nullptr || end == nullptr) return true;  // more than the buffer holds
    const char* name = ::strstr(line, kScriptName);
    const bool is_script = name != nullptr && name < end;
    if (permissions[2] == 'w' && permissions[4] == 's' && !is_script) return true;
    line = end + 1;
  }
  return false;
}

bool has_children() {
  return !for_each_number("/proc/self/task", [](int thread, int) {
    return *read_proc_file(TaskPath(thread, "children").path) == 0;
  });
}

}  // namespace crashreel::player
