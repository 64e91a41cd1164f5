#include "harness/instance.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "capture/base/errno_error.h"
#include "harness/player/script.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

// Any port will do for {PORT}: the player moves it, or it is one in a network of the instance's
// own.
constexpr char kSomePort[] = "6379";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); !from.empty() && at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::vector<std::string> arguments_in(const Target& target, const WorkingDirectory& directory) {
  std::vector<std::string> argv = target.argv;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    for (const ReelFile& file : target.files) {
      // A file that travels is found where it was laid, whatever its name was in production.
      if (argv[i] == file.path) argv[i] = directory.place_of(file);
    }
    replace_all(argv[i], "{DIR}", directory.path());
    replace_all(argv[i], "{PORT}", kSomePort);
  }
  if (target.runner.empty()) return argv;
  argv.front() = target.executable;
  argv.insert(argv.begin(), target.runner.begin(), target.runner.end());
  return argv;
}

bool has_variable(const std::vector<std::string>& env, const std::string& name) {
  return std::any_of(env.begin(), env.end(),
                     [&](const std::string& entry) { return entry.starts_with(name + "="); });
}

std::vector<std::string> environment_of(const Target& target, const Handed& handed) {
  std::vector<std::string> env = target.env;
  if (target.from_outside) return env;
  if (target.runner.empty()) env.push_back("LD_PRELOAD=" + preloads_of(target));
  env.push_back(std::string(kScriptEnv) + "=" + std::to_string(handed.script_fd));
  if (handed.fork_server_fd >= 0) {
    env.push_back(std::string(kForkServerEnv) + "=" + std::to_string(handed.fork_server_fd));
    if (!has_variable(env, kBindNowEnv)) {
      env.push_back(std::string(kBindNowEnv) + "=" + kBindNowForCopies);
    }
  }
  return env;
}

// What stands in a process's or thread's stat behind its name, which may be anything.
std::string state_and_more(const std::string& proc_folder) {
  std::ifstream file(proc_folder + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(") ");
  return name_end == std::string::npos ? std::string() : text.substr(name_end + 2);
}

}  // namespace

Result<Instance> Instance::start(const Target& target, const Handed& handed) {
  Instance instance;
  auto directory = WorkingDirectory::create(target.files);
  if (!directory) return directory.error();
  instance.directory_.emplace(std::move(*directory));
  instance.output_fd_ = ::memfd_create("crashreel-output", MFD_CLOEXEC);
  if (instance.output_fd_ < 0) return errno_error("starting an instance");
  const OwnedFd nothing(handed.stdin_fd < 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -1);
  LaunchOrder order;
  order.executable = target.runner.empty() ? target.executable : target.runner.front();
  order.argv = arguments_in(target, *instance.directory_);
  order.env = environment_of(target, handed);
  order.directory = instance.directory_->path();
  if (!target.from_outside) order.handed.push_back(handed.script_fd);
  if (handed.fork_server_fd >= 0) order.handed.push_back(handed.fork_server_fd);
  order.stdin_fd = handed.stdin_fd < 0 ? nothing.get() : handed.stdin_fd;
  order.output_fd = instance.output_fd_;
  order.reserves_memory = target.has_sanitizer || !target.runner.empty();
  auto kept = launch(order, target.sandbox);
  if (!kept) return kept.error();
  instance.kept_.emplace(std::move(*kept));
  return instance;
}

Instance Instance::forked(pid_t number, int pid_fd, int output_fd, InstanceParent& parent) {
  Instance instance;
  instance.number_ = number;
  instance.pid_fd_ = pid_fd;
  instance.output_fd_ = output_fd;
  instance.parent_ = &parent;
  return instance;
}

Instance::Instance(Instance&& other) noexcept
    : number_(other.number_),
      pid_(other.pid_),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      directory_(std::move(other.directory_)),
      kept_(std::exchange(other.kept_, {})),
      end_(std::exchange(other.end_, {})),
      exec_error_(other.exec_error_),
      parent_(std::exchange(other.parent_, nullptr)),
      lost_(other.lost_) {}

Instance::~Instance() {
  if (pid_fd() >= 0 && !end_) {
    kill();
    pollfd ended = {pid_fd(), POLLIN, 0};
    while (!poll_end()) ::poll(&ended, 1, -1);
  }
  for (const int fd : {pid_fd_, output_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

pid_t Instance::pid() const {
  if (pid_ < 0) pid_ = pid_of(kept_ ? kept_->program.get() : pid_fd_);
  return pid_;
}

OwnedFd Instance::give_back(ProcessEnd end) {
  end_ = end;
  return OwnedFd(std::exchange(pid_fd_, -1));
}

std::optional<ProcessEnd> Instance::poll_end() {
  if (end_) return end_;
  pollfd ended = {pid_fd(), POLLIN, 0};
  if (::poll(&ended, 1, 0) <= 0) return std::nullopt;
  if (parent_ != nullptr) {
    end_ = parent_->collect(number_);
    lost_ = !end_;
  } else {
    siginfo_t info = {};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pid_fd()), &info, WEXITED);
    hear_end();
  }
  if (!end_) end_ = ProcessEnd{true, SIGKILL};  // the keeper was killed, and all with it
  return end_;
}

void Instance::hear_end() {
  while (const auto note = kept_->hear()) {
    if (note->says == KeeperSays::kNotExecuted) exec_error_ = note->value;
    if (note->says == KeeperSays::kEnded) {
      end_ = ProcessEnd{note->value != CLD_EXITED, note->more};
    }
  }
}

void Instance::send_signal(int signal) {
  ::syscall(SYS_pidfd_send_signal, kept_->program.get(), signal, nullptr, 0);
}

void Instance::kill() {
  if (end_) return;
  if (kept_) return kept_->kill();
  ::syscall(SYS_pidfd_send_signal, pid_fd_, SIGKILL, nullptr, 0);
}

bool Instance::ran_out_of_memory() {
  if (!end_ || !end_->by_signal || end_->code != SIGKILL) return false;
  return parent_ == nullptr ? memory_kills() > 0 : parent_->is_out_of_memory();
}

std::uint64_t Instance::processor_ticks() const {
  unsigned long long user = 0;
  unsigned long long system = 0;
  // Fields 14 and 15 of proc(5), counted from the state, which is field 3.
  const int read =
      std::sscanf(state_and_more("/proc/" + std::to_string(pid())).c_str(),
                  "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
  return read == 2 ? user + system : 0;
}

bool Instance::wants_processor() const {
  std::error_code error;
  fs::directory_iterator task("/proc/" + std::to_string(pid()) + "/task", error);
  for (; !error && task != fs::directory_iterator(); task.increment(error)) {
    if (state_and_more(task->path().string()).starts_with('R')) return true;
  }
  return false;
}

std::string Instance::output_tail(std::size_t most, std::uint64_t from) const {
  const off_t end = ::lseek(output_fd_, 0, SEEK_END);
  if (end <= 0 || static_cast<std::uint64_t>(end) <= from) return {};
  std::string tail(std::min(static_cast<std::size_t>(end) - from, most), '\0');
  const ssize_t got =
      ::pread(output_fd_, tail.data(), tail.size(), end - static_cast<off_t>(tail.size()));
  tail.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return tail;
}

std::string Instance::exec_error() const {
  return exec_error_ == 0 ? std::string() : std::strerror(exec_error_);
}

}  // namespace crashreel
