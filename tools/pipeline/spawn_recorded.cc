#include "tools/pipeline/spawn_recorded.h"

#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/exec_words.h"

namespace crashreel {
namespace {

bool sets(const std::vector<std::string>& settings, std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('=') + 1);
  return std::any_of(settings.begin(), settings.end(),
                     [&](const std::string& setting) { return setting.starts_with(name); });
}

// Ours, but for what an outer recording of ourselves left in it, with the recorder added.
std::vector<std::string> make_environment(const RecordedRun& run, int ready_fd, bool feeds_stdin) {
  std::vector<std::string> environment;
  std::string preload = run.library;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (variable.starts_with("LD_PRELOAD=")) {
      preload = std::string(variable.substr(variable.find('=') + 1)) + ":" + run.library;
    } else if (!variable.starts_with("CRASHREEL_RING=") &&
               !variable.starts_with("CRASHREEL_RING_OWNER=") &&
               !variable.starts_with("CRASHREEL_READY_FD=") &&
               !variable.starts_with("CRASHREEL_STDIN_FED=") && !sets(run.settings, variable)) {
      environment.emplace_back(variable);
    }
  }
  if (!run.first_library.empty()) preload.insert(0, run.first_library + ":");
  environment.push_back("LD_PRELOAD=" + preload);
  environment.push_back("CRASHREEL_RING=" + run.ring_path);
  environment.push_back("CRASHREEL_READY_FD=" + std::to_string(ready_fd));
  if (feeds_stdin) environment.push_back("CRASHREEL_STDIN_FED=1");
  environment.insert(environment.end(), run.settings.begin(), run.settings.end());
  return environment;
}

}  // namespace

int spawn_recorded(const RecordedRun& run, const sigset_t& mask, int ready_fd,
                   const StdinPump* pump, const StderrTee* tee, Spawned* spawned) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  if (pump != nullptr) ::posix_spawn_file_actions_adddup2(&files, pump->program_end(), 0);
  if (tee != nullptr) ::posix_spawn_file_actions_adddup2(&files, tee->program_end(), 2);
  if (run.stdout_to_stderr) ::posix_spawn_file_actions_adddup2(&files, 2, 1);
  // Onto itself: the same number, no longer closed by exec.
  ::posix_spawn_file_actions_adddup2(&files, ready_fd, ready_fd);
  const std::vector<std::string> environment = make_environment(run, ready_fd, pump != nullptr);
  const int error = ::posix_spawn(&spawned->pid, run.path.c_str(), &files, &attributes,
                                  exec_words(run.argv).data(), exec_words(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) return error;
  // By number: the header that declares it is not fit for C++ in every libc.
  spawned->ended.reset(static_cast<int>(::syscall(SYS_pidfd_open, spawned->pid, 0)));
  if (spawned->ended) return 0;
  // A program that nobody can wait for must not stay behind.
  const int why = errno;
  ::kill(spawned->pid, SIGKILL);
  ::waitpid(spawned->pid, nullptr, 0);
  return why;
}

}  // namespace crashreel
