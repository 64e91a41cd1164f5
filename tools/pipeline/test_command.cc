#include "tools/pipeline/test_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "capture/base/exec_words.h"
#include "capture/base/owned_fd.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 256 << 10;
constexpr int kShellSignalBase = 128;

Error environment_trouble(const std::string& what) {
  return {Trouble::kEnvironment, what + ": " + std::strerror(errno)};
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  const OwnedFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
  if (!file) return environment_trouble(path);
  while (!bytes.empty()) {
    const ssize_t put = write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return environment_trouble(path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

// The beginning and the end: a report stands at either.
std::string read_ends(const std::string& path) {
  const OwnedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::string text;
  const auto take = [&](off_t from) {
    std::string part(kKeptOutput, '\0');
    const ssize_t got = pread(file.get(), part.data(), part.size(), from);
    text.append(part, 0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  };
  take(0);
  const off_t size = lseek(file.get(), 0, SEEK_END);
  const auto kept = static_cast<off_t>(kKeptOutput);
  if (size > kept) take(std::max(kept, size - kept));
  return text;
}

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

// The runs of one call, some of them under way.
class TestBatch {
 public:
  TestBatch(TestRunner& runner, std::span<const std::string> candidates,
            const TestRunner::Ended& ended, const TestRunner::Needless& needless)
      : runner_(runner),
        candidates_(candidates),
        ended_(ended),
        needless_(needless),
        runs_(candidates.size()) {}
  ~TestBatch() {
    for (Child& child : children_) end(child);
  }

  Result<std::vector<TestRun>> run() {
    while (next_ < candidates_.size() || !children_.empty()) {
      while (next_ < candidates_.size() && children_.size() < runner_.jobs_) {
        if (Result<void> started = start_next(); !started) return started.error();
      }
      if (children_.empty()) continue;
      if (Result<void> waited = wait(); !waited) return waited.error();
    }
    return std::move(runs_);
  }

 private:
  struct Child {
    std::size_t index = 0;
    pid_t pid = -1;
    OwnedFd process;
    std::string place;
    Clock::time_point deadline;
  };

  Result<void> start_next() {
    const std::size_t index = next_++;
    if (needless_ && needless_(index)) {
      runs_[index].cancelled = true;
      return {};
    }
    Child child{.index = index,
                .place = runner_.directory_ + "/" + std::to_string(runner_.started_++)};
    const TestCommand& command = runner_.command_;
    child.deadline = Clock::now() + std::chrono::milliseconds(command.timeout_ms);
    // What the user sees is WORK; standard streams lie beside it.
    const std::string work = child.place + "/work";
    if (mkdir(child.place.c_str(), 0700) != 0 || mkdir(work.c_str(), 0700) != 0) {
      return environment_trouble(work);
    }
    const std::string file = command.on_stdin ? child.place + "/stdin" : work + "/" + command.name;
    if (Result<void> written = write_file(file, candidates_[index]); !written) return written;
    if (Result<void> spawned = spawn(child, work, file); !spawned) return spawned;
    child.process = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
    children_.push_back(std::move(child));
    if (!children_.back().process) return environment_trouble("pidfd_open");
    return {};
  }

  Result<void> spawn(Child& child, const std::string& work, const std::string& file) {
    const TestCommand& command = runner_.command_;
    std::string line = command.line;
    std::vector<std::string> words = {"sh", "-c"};
    if (command.on_stdin) {
      words.push_back(line);
    } else if (line.find("@@") != std::string::npos) {
      replace_all(line, "@@", "\"$1\"");
      words.insert(words.end(), {line, "sh", file});
    } else {
      words.insert(words.end(), {line + " \"$@\"", "sh", file});
    }
    const std::vector<char*> argv = exec_words(words);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string in = command.on_stdin ? file : "/dev/null";
    const std::string errors = command.keep_output ? child.place + "/stderr" : "/dev/null";
    posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, work.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int failed =
        posix_spawn(&child.pid, "/bin/sh", &actions, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == 0) return {};
    errno = failed;
    return environment_trouble("/bin/sh");
  }

  // Until at least one has ended, or is out of time.
  Result<void> wait() {
    std::vector<pollfd> ends;
    for (const Child& child : children_) ends.push_back({child.process.get(), POLLIN, 0});
    if (poll(ends.data(), ends.size(), wait_ms()) < 0 && errno != EINTR) {
      return environment_trouble("poll");
    }
    for (std::size_t i = children_.size(); i-- > 0;) {
      Child& child = children_[i];
      const bool ended = (ends[i].revents & POLLIN) != 0;
      const bool late = runner_.command_.timeout_ms != 0 && Clock::now() >= child.deadline;
      if (!ended && !late) continue;
      runs_[child.index].timed_out = !ended;
      finish(i);
    }
    cancel_needless();
    return {};
  }

  int wait_ms() const {
    if (runner_.command_.timeout_ms == 0) return -1;
    Clock::time_point first = children_.front().deadline;
    for (const Child& child : children_) first = std::min(first, child.deadline);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
  }

  void finish(std::size_t at) {
    Child child = std::move(children_[at]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(at));
    TestRun& run = runs_[child.index];
    const int status = end(child);
    if (WIFSIGNALED(status)) {
      run.signal = WTERMSIG(status);
    } else {
      run.status = WEXITSTATUS(status);
      const int told = run.status - kShellSignalBase;
      if (told > 0 && told <= 64) run.signal = told;
    }
    if (runner_.command_.keep_output) run.errors = read_ends(child.place + "/stderr");
    clear(child);
    if (ended_) ended_(child.index, run);
  }

  void cancel_needless() {
    if (!needless_) return;
    for (std::size_t i = children_.size(); i-- > 0;) {
      if (!needless_(children_[i].index)) continue;
      runs_[children_[i].index].cancelled = true;
      end(children_[i]);
      clear(children_[i]);
      children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  // Ends the whole group, and waits for its leader. The group keeps its number while the leader has
  // not been waited for.
  static int end(Child& child) {
    int status = 0;
    if (child.pid < 0) return status;
    kill(-child.pid, SIGKILL);
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    child.pid = -1;
    return status;
  }

  static void clear(const Child& child) {
    std::error_code ignored;
    fs::remove_all(child.place, ignored);
  }

  TestRunner& runner_;
  std::span<const std::string> candidates_;
  const TestRunner::Ended& ended_;
  const TestRunner::Needless& needless_;
  std::vector<TestRun> runs_;
  std::vector<Child> children_;
  std::size_t next_ = 0;
};

Result<TestRunner> TestRunner::create(TestCommand command, std::uint32_t jobs) {
  std::error_code trouble;
  const fs::path temporary = fs::temp_directory_path(trouble);
  if (trouble) return Error{Trouble::kEnvironment, "$TMPDIR: " + trouble.message()};
  std::string pattern = temporary / "crashreel-minimize-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return environment_trouble(pattern);
  return TestRunner(std::move(command), std::max(jobs, 1U), std::move(pattern));
}

TestRunner::TestRunner(TestRunner&& other) noexcept
    : command_(std::move(other.command_)),
      jobs_(other.jobs_),
      directory_(std::exchange(other.directory_, {})),
      started_(other.started_) {}

TestRunner::~TestRunner() {
  if (directory_.empty()) return;
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

Result<std::vector<TestRun>> TestRunner::run(std::span<const std::string> candidates,
                                             const Ended& ended, const Needless& needless) {
  return TestBatch(*this, candidates, ended, needless).run();
}

std::string with_absolute_program(const std::string& line) {
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string program = line.substr(0, end);
  const bool plain = program.find_first_of("'\"$`\\;&|<>()=") == std::string::npos;
  if (!plain || program.starts_with('/') || program.find('/') == std::string::npos) return line;
  std::error_code ignored;
  if (!fs::exists(program, ignored)) return line;
  std::string quoted = "'";
  for (const char c : fs::absolute(program, ignored).string()) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'" + line.substr(end);
}

}  // namespace crashreel
