#include "harness/input_wait.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr long kReading[] = {SYS_read, SYS_readv, SYS_pread64, SYS_preadv};
constexpr long kWaiting[] = {
#ifdef SYS_poll
    SYS_poll,         SYS_select,   SYS_epoll_wait,
#endif
    SYS_ppoll,        SYS_pselect6, SYS_epoll_pwait,
#ifdef SYS_epoll_pwait2
    SYS_epoll_pwait2,
#endif
};

bool is_one_of(long number, const auto& calls) {
  return std::find(std::begin(calls), std::end(calls), number) != std::end(calls);
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What stands behind the name, which may be anything.
bool sleeps(const fs::path& task) {
  const std::string stat = first_line(task / "stat");
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat.compare(name_end + 2, 1, "S") == 0;
}

// "0 0x0 0x7ffd...": the call's number and its arguments.
bool waits_in_call(const fs::path& task) {
  long number = -1;
  unsigned long first = 0;
  if (std::sscanf(first_line(task / "syscall").c_str(), "%ld %lx", &number, &first) != 2) {
    return false;
  }
  return (is_one_of(number, kReading) && first == 0) || is_one_of(number, kWaiting);
}

}  // namespace

bool waits_for_stdin(pid_t pid) {
  std::error_code error;
  bool waits = false;
  fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", error);
  for (; !error && task != fs::directory_iterator(); task.increment(error)) {
    if (!sleeps(task->path())) return false;
    waits = waits || waits_in_call(task->path());
  }
  return waits && !error;
}

}  // namespace crashreel
