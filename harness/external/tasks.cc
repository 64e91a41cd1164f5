#include "harness/external/tasks.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace crashreel {
namespace {

// More than /proc has to say of one task.
constexpr std::size_t kMostText = 1024;

class ProcText {
 public:
  // False: who it was about is gone.
  bool read(const OwnedFd& file) {
    ssize_t got = -1;
    do {
      got = ::pread(file.get(), text_, sizeof text_ - 1, 0);
    } while (got < 0 && errno == EINTR);
    text_[got > 0 ? got : 0] = 0;
    return got > 0;
  }
  const char* get() const { return text_; }

 private:
  char text_[kMostText];
};

std::string folder_of(pid_t process, pid_t task) {
  return "/proc/" + std::to_string(process) + "/task/" + std::to_string(task) + "/";
}

OwnedFd open_in(const std::string& folder, const char* name) {
  return OwnedFd(::open((folder + name).c_str(), O_RDONLY | O_CLOEXEC));
}

// Behind the name, which may be anything: field 3 of proc(5), and field 20.
bool take_stat(const char* text, char& state, std::uint64_t& task_count) {
  const std::string_view whole = text;
  const std::size_t name_end = whole.rfind(") ");
  if (name_end == std::string_view::npos) return false;
  unsigned long long count = 0;
  const int found = std::sscanf(
      text + name_end + 2,
      "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %llu", &state, &count);
  task_count = count;
  return found == 2;
}

struct Call {
  long number = -1;
  unsigned long arguments[6] = {};
};

bool has_time_out(const Call& call) {
  const auto is_given = [&](int which) { return call.arguments[which] != 0; };
  const auto is_bounded = [&](int which) { return static_cast<int>(call.arguments[which]) >= 0; };
  switch (call.number) {
#ifdef SYS_poll
    case SYS_poll:
      return is_bounded(2);
    case SYS_select:
      return is_given(4);
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
      return is_bounded(3);
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
      return is_given(3);
#endif
    case SYS_ppoll:
    case SYS_rt_sigtimedwait:
      return is_given(2);
    case SYS_pselect6:
    case SYS_semtimedop:
      return is_given(call.number == SYS_pselect6 ? 4 : 3);
    case SYS_futex: {
      const unsigned long what = call.arguments[1] & FUTEX_CMD_MASK;
      return (what == FUTEX_WAIT || what == FUTEX_WAIT_BITSET) && is_given(3);
    }
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_restart_syscall:
      return true;
    default:
      return false;
  }
}

// "it_value: (0, 49999999)" of a descriptor's fdinfo: how long it has still to go.
bool is_set_timer(const ProcText& info) {
  const char* const left = std::strstr(info.get(), "it_value: (");
  unsigned long long seconds = 0, nanoseconds = 0;
  if (left == nullptr) return false;
  std::sscanf(left, "it_value: (%llu, %llu)", &seconds, &nanoseconds);
  return seconds != 0 || nanoseconds != 0;
}

}  // namespace

TaskWatch::TaskWatch(pid_t keeper)
    : keepers_children_(open_in(folder_of(keeper, keeper), "children")) {}

void TaskWatch::look() {
  std::swap(before_, seen_);
  seen_.clear();
  has_news_ = false;
  for (auto process = processes_.begin(); process != processes_.end();) {
    look_at(process->first, process->second);
    const bool gone = process->second.tasks.empty();
    process = gone ? processes_.erase(process) : std::next(process);
  }
  const bool same = seen_ == before_ && !has_news_;
  // Who has lost his parents is the keeper's.
  if (!same || seen_.empty()) add_children(keepers_children_);
  all_wait_ = !seen_.empty() && std::all_of(seen_.begin(), seen_.end(), [](const TaskSeen& one) {
    return one.waits() || one.is_gone();
  });
  at_rest_ = all_wait_ && same;
}

void TaskWatch::look_at(pid_t number, Process& process) {
  std::uint64_t task_count = process.task_count;
  if (task_count == 0) list_tasks(number, process);
  bool all_there = true;
  for (auto task = process.tasks.begin(); task != process.tasks.end();) {
    const bool there = look_at(number, task->first, task->second, task_count);
    task = there ? std::next(task) : process.tasks.erase(task);
    all_there = all_there && there;
  }
  const bool as_known = all_there && task_count == process.task_count;
  has_news_ = has_news_ || !as_known;
  process.task_count = all_there && task_count == process.tasks.size() ? task_count : 0;
}

bool TaskWatch::look_at(pid_t number, pid_t task, Task& files, std::uint64_t& task_count) {
  if (!files.stat) {
    const std::string folder = folder_of(number, task);
    files.stat = open_in(folder, "stat");
    files.schedstat = open_in(folder, "schedstat");
    files.children = open_in(folder, "children");
  }
  TaskSeen seen = {.process = number, .task = task};
  ProcText text;
  if (!text.read(files.stat) || !take_stat(text.get(), seen.state, task_count)) return false;
  if (text.read(files.schedstat)) seen.ran_ns = std::strtoull(text.get(), nullptr, 10);
  if (seen.ran_ns != files.ran_ns) add_children(files.children);
  files.ran_ns = seen.ran_ns;
  has_news_ = has_news_ || (!seen.waits() && seen.state != 'R' && seen.state != 'D');
  seen_.push_back(seen);
  return true;
}

void TaskWatch::list_tasks(pid_t number, Process& process) {
  DIR* const folder = ::opendir(("/proc/" + std::to_string(number) + "/task").c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
    const auto task = static_cast<pid_t>(std::atoi(entry->d_name));
    if (task > 0) process.tasks.try_emplace(task);
  }
  if (folder != nullptr) ::closedir(folder);
}

// A long list comes in pieces.
void TaskWatch::add_children(const OwnedFd& file) {
  char text[kMostText];
  std::string all;
  off_t at = 0;
  for (ssize_t got = 0; (got = ::pread(file.get(), text, sizeof text, at)) > 0; at += got) {
    all.append(text, static_cast<std::size_t>(got));
    if (static_cast<std::size_t>(got) < sizeof text) break;
  }
  const char* rest = all.c_str();
  for (char* end = nullptr;; rest = end) {
    const auto pid = static_cast<pid_t>(std::strtol(rest, &end, 10));
    if (end == rest) return;
    has_news_ = processes_.try_emplace(pid).second || has_news_;
  }
}

bool kernel_counts_run_time() {
  ProcText text;
  const OwnedFd file(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
  return file && text.read(file) && std::strtoull(text.get(), nullptr, 10) != 0;
}

bool waits_for_time(pid_t process, pid_t task) {
  ProcText text;
  const OwnedFd file = open_in(folder_of(process, task), "syscall");
  Call call;
  unsigned long* const a = call.arguments;
  if (!file || !text.read(file)) return true;
  const int found = std::sscanf(text.get(), "%ld %lx %lx %lx %lx %lx %lx", &call.number, &a[0],
                                &a[1], &a[2], &a[3], &a[4], &a[5]);
  return found != 7 || has_time_out(call);
}

bool has_set_timer(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process) + "/";
  DIR* const descriptors = ::opendir((folder + "fd").c_str());
  bool found = false;
  while (const dirent* entry = descriptors == nullptr ? nullptr : ::readdir(descriptors)) {
    char what[64] = {};
    if (::readlinkat(::dirfd(descriptors), entry->d_name, what, sizeof what - 1) < 0) continue;
    if (std::strcmp(what, "anon_inode:[timerfd]") != 0) continue;
    ProcText info;
    const OwnedFd file = open_in(folder + "fdinfo/", entry->d_name);
    found = found || (file && info.read(file) && is_set_timer(info));
  }
  if (descriptors != nullptr) ::closedir(descriptors);
  return found;
}

}  // namespace crashreel
