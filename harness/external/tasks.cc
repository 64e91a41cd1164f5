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

}  // namespace

TaskWatch::TaskWatch(pid_t keeper)
    : keepers_children_(open_in(folder_of(keeper, keeper), "children")) {}

void TaskWatch::look() {
  std::swap(before_, seen_);
  seen_.clear();
  to_look_at_.clear();
  add_children(keepers_children_);
  for (std::size_t i = 0; i < to_look_at_.size(); ++i) look_at(to_look_at_[i]);
  const bool all_wait =
      !seen_.empty() && std::all_of(seen_.begin(), seen_.end(), [](const TaskSeen& one) {
        return one.waits() || one.is_gone();
      });
  at_rest_ = all_wait && seen_ == before_;
}

void TaskWatch::look_at(pid_t process) {
  Process& known = processes_[process];
  std::uint64_t task_count = known.task_count;
  if (known.tasks.empty()) list_tasks(process);
  bool as_known = true;
  for (const pid_t task : known.tasks) as_known = look_at(process, task, task_count) && as_known;
  if (!as_known || task_count != known.task_count) known.tasks.clear();  // until the next look
  known.task_count = task_count;
}

bool TaskWatch::look_at(pid_t process, pid_t task, std::uint64_t& task_count) {
  Files& files = files_[task];
  if (!files.stat) {
    const std::string folder = folder_of(process, task);
    files = {open_in(folder, "stat"), open_in(folder, "schedstat"), open_in(folder, "children")};
  }
  TaskSeen seen = {.process = process, .task = task};
  ProcText text;
  if (!text.read(files.stat) || !take_stat(text.get(), seen.state, task_count)) {
    files_.erase(task);
    return false;
  }
  if (text.read(files.schedstat)) seen.ran_ns = std::strtoull(text.get(), nullptr, 10);
  add_children(files.children);
  seen_.push_back(seen);
  return true;
}

void TaskWatch::list_tasks(pid_t process) {
  DIR* const folder = ::opendir(("/proc/" + std::to_string(process) + "/task").c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
    const auto task = static_cast<pid_t>(std::atoi(entry->d_name));
    if (task > 0) processes_[process].tasks.push_back(task);
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
    to_look_at_.push_back(pid);
  }
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

}  // namespace crashreel
