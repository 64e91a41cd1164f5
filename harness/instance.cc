#include "harness/instance.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "capture/base/errno_error.h"
#include "harness/player/script.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOutputTail = 4096;
// What a try may write into one file, its own output included: reels are hostile.
constexpr rlim_t kMaxFileBytes = 1ull << 30;
// Any port will do for {PORT}: the player moves it.
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

std::vector<std::string> environment_of(const Target& target, const Handed& handed) {
  std::vector<std::string> env = target.env;
  if (target.runner.empty()) env.push_back("LD_PRELOAD=" + preloads_of(target));
  env.push_back(std::string(kScriptEnv) + "=" + std::to_string(handed.script_fd));
  if (handed.fork_server_fd >= 0) {
    env.push_back(std::string(kForkServerEnv) + "=" + std::to_string(handed.fork_server_fd));
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

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Everything the child needs, made ready before: until its exec it shares our memory, so it may
// neither allocate nor leave anything changed.
struct Launch {
  const char* executable;
  char* const* argv;
  char* const* env;
  const char* directory;
  Handed handed;
  int output_fd;
  int error_fd;  // takes the errno value if exec fails
  pid_t parent;
};

// By the system call, since what libc or a sanitizer remembers of handlers is the parent's memory.
void reset_to_default(int signal) {
  constexpr std::size_t kKernelMaskBytes = 8;
  constexpr unsigned char kDefault[32] = {};  // handler, flags, restorer, mask
  ::syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kKernelMaskBytes);
}

int run_child(void* argument) {
  const Launch& launch = *static_cast<const Launch*>(argument);
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);
  const rlimit no_core = {0, 0};
  const rlimit file_size = {kMaxFileBytes, kMaxFileBytes};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setrlimit(RLIMIT_FSIZE, &file_size);
  reset_to_default(SIGPIPE);  // others have handlers, which the kernel resets at exec
  ::dup2(launch.handed.stdin_fd, STDIN_FILENO);
  ::dup2(launch.output_fd, STDOUT_FILENO);
  ::dup2(launch.output_fd, STDERR_FILENO);
  // Whatever other threads of ours have open at this moment is not the program's.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  int error = 0;
  if (launch.handed.fork_server_fd >= 0) ::fcntl(launch.handed.fork_server_fd, F_SETFD, 0);
  if (::fcntl(launch.handed.script_fd, F_SETFD, 0) == 0 && ::chdir(launch.directory) == 0) {
    // Last, for until the exec a signal would run our handlers on our memory.
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(launch.executable, launch.argv, launch.env);
  }
  error = errno;
  (void)!::write(launch.error_fd, &error, sizeof error);
  ::_exit(127);
}

// As vfork(2) does, but on a stack of its own: our page tables are not copied, and none of our
// pages has to be made writable again afterwards. ThreadSanitizer knows no child that shares the
// memory of its bookkeeping.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRASHREEL_COPIES_MEMORY 1
#endif
#endif
#ifdef CRASHREEL_COPIES_MEMORY
constexpr int kHowToLaunch = SIGCHLD;
#else
constexpr int kHowToLaunch = CLONE_VM | CLONE_VFORK | SIGCHLD;
#endif

pid_t launch_child(Launch& launch) {
  constexpr std::size_t kStackBytes = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::clone(run_child, stack.get() + kStackBytes, kHowToLaunch, &launch);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

}  // namespace

Result<Instance> Instance::start(const Target& target, const Handed& handed) {
  Instance instance;
  auto directory = WorkingDirectory::create(target.files);
  if (!directory) return directory.error();
  instance.directory_.emplace(std::move(*directory));

  instance.output_fd_ = ::memfd_create("crashreel-output", MFD_CLOEXEC);
  int error_pipe[2];
  if (instance.output_fd_ < 0 || ::pipe2(error_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
    return errno_error("starting an instance");
  }
  instance.exec_error_fd_ = error_pipe[0];
  Handed given = handed;
  if (given.stdin_fd < 0) given.stdin_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

  std::vector<std::string> argv = arguments_in(target, *instance.directory_);
  std::vector<std::string> env = environment_of(target, handed);
  const std::vector<char*> argv_pointers = pointers(argv);
  const std::vector<char*> env_pointers = pointers(env);
  const std::string& started = target.runner.empty() ? target.executable : target.runner.front();
  Launch launch = {started.c_str(),
                   argv_pointers.data(),
                   env_pointers.data(),
                   instance.directory_->path().c_str(),
                   given,
                   instance.output_fd_,
                   error_pipe[1],
                   ::getpid()};
  const pid_t pid = launch_child(launch);
  const int fork_error = errno;
  ::close(error_pipe[1]);
  if (handed.stdin_fd < 0 && given.stdin_fd >= 0) ::close(given.stdin_fd);
  if (pid < 0) {
    errno = fork_error;
    return errno_error("clone");
  }
  ::setpgid(pid, pid);  // whoever comes first, parent or child
  instance.pid_ = pid;
  instance.pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (instance.pid_fd_ < 0) return errno_error("pidfd_open");
  return instance;
}

Instance Instance::forked(pid_t pid, int pid_fd, int output_fd, InstanceParent& parent) {
  Instance instance;
  instance.pid_ = pid;
  instance.pid_fd_ = pid_fd;
  instance.output_fd_ = output_fd;
  instance.parent_ = &parent;
  return instance;
}

Instance::Instance(Instance&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      exec_error_fd_(std::exchange(other.exec_error_fd_, -1)),
      directory_(std::move(other.directory_)),
      end_(std::exchange(other.end_, {})),
      parent_(std::exchange(other.parent_, nullptr)),
      lost_(other.lost_) {}

Instance::~Instance() {
  if (pid_ > 0 && !end_) {
    kill();
    siginfo_t info;
    pollfd ended = {pid_fd_, POLLIN, 0};
    if (pid_fd_ < 0) ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
    while (pid_fd_ >= 0 && !poll_end()) ::poll(&ended, 1, -1);
  }
  for (const int fd : {pid_fd_, output_fd_, exec_error_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

std::optional<ProcessEnd> Instance::poll_end() {
  if (end_) return end_;
  pollfd ended = {pid_fd_, POLLIN, 0};
  if (::poll(&ended, 1, 0) <= 0) return std::nullopt;
  // The zombie is kept until the group is killed, so that its number can't be another's by then.
  kill();
  if (parent_ != nullptr) {
    end_ = parent_->collect(pid_);
    lost_ = !end_;
    if (lost_) end_ = ProcessEnd{true, SIGKILL};
    return end_;
  }
  siginfo_t info = {};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
  end_ = ProcessEnd{info.si_code != CLD_EXITED, info.si_status};
  return end_;
}

void Instance::kill() {
  if (end_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // if it has left its group
}

std::uint64_t Instance::processor_ticks() const {
  unsigned long long user = 0;
  unsigned long long system = 0;
  // Fields 14 and 15 of proc(5), counted from the state, which is field 3.
  const int read =
      std::sscanf(state_and_more("/proc/" + std::to_string(pid_)).c_str(),
                  "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
  return read == 2 ? user + system : 0;
}

bool Instance::wants_processor() const {
  std::error_code error;
  fs::directory_iterator task("/proc/" + std::to_string(pid_) + "/task", error);
  for (; !error && task != fs::directory_iterator(); task.increment(error)) {
    if (state_and_more(task->path().string()).starts_with('R')) return true;
  }
  return false;
}

std::string Instance::output_tail() const {
  const off_t size = ::lseek(output_fd_, 0, SEEK_END);
  if (size <= 0) return {};
  std::string tail(std::min<std::size_t>(static_cast<std::size_t>(size), kOutputTail), '\0');
  const ssize_t got =
      ::pread(output_fd_, tail.data(), tail.size(), size - static_cast<off_t>(tail.size()));
  tail.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return tail;
}

std::string Instance::exec_error() const {
  int error = 0;
  if (::read(exec_error_fd_, &error, sizeof error) != sizeof error) return {};
  return std::strerror(error);
}

}  // namespace crashreel
