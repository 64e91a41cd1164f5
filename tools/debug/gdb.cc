#include "tools/debug/gdb.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "capture/base/exec_words.h"
#include "capture/base/owned_fd.h"
#include "harness/target.h"
#include "tools/debug/dialogue.h"

extern char** environ;

namespace crashreel {
namespace {

constexpr char kOurPart[] = "crashreel-gdb.py";

std::vector<std::string> words_for(const GdbOptions& options) {
  std::vector<std::string> words = {options.program, "-q"};
  if (options.machine_interface) words.push_back("--interpreter=mi3");
  if (options.batch) words.push_back("-batch");
  words.insert(words.end(), {"-x", library_path(kOurPart)});
  for (const std::string& command : options.commands) words.insert(words.end(), {"-ex", command});
  return words;
}

// While it lives, what the terminal sends to its foreground is not for us.
class TerminalSignalsIgnored {
 public:
  TerminalSignalsIgnored() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &ignore, &before_[i]);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;
  ~TerminalSignalsIgnored() {
    for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  }

  static constexpr int kSignals[] = {SIGINT, SIGQUIT};

 private:
  struct sigaction before_[2];
};

Result<pid_t> spawn(const GdbOptions& options, int socket) {
  std::vector<std::string> words = words_for(options);
  std::vector<std::string> environment;
  for (char** setting = environ; *setting != nullptr; ++setting) environment.push_back(*setting);
  environment.push_back(std::string(kDialogueEnv) + "=" + std::to_string(socket));
  const std::vector<char*> argv = exec_words(words);
  const std::vector<char*> env = exec_words(environment);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, socket);  // no longer close-on-exec
  if (options.output_to_stderr) {
    ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : TerminalSignalsIgnored::kSignals) sigaddset(&defaults, signal);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), env.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  return Error{Trouble::kEnvironment, options.program + ": " + std::strerror(error) +
                                          "; install gdb, or name one with --gdb"};
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Until gdb has closed its end.
void converse(int socket, Dialogue& dialogue, Debuggee& debuggee) {
  for (;;) {
    const bool feeds = debuggee.has_instance() && debuggee.instance().is_fed();
    pollfd end = {socket, POLLIN, 0};
    const int ready = ::poll(&end, 1, feeds ? kLookMs : -1);
    if (ready > 0 && !dialogue.hear_one()) return;
    if (feeds && debuggee.has_instance()) debuggee.instance().feed();
  }
}

}  // namespace

Result<int> run_gdb(const GdbOptions& options, Debuggee& debuggee, const DebuggedPlace& first) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{Trouble::kEnvironment, std::string("socketpair: ") + std::strerror(errno)};
  }
  const OwnedFd ours(ends[0]);
  OwnedFd theirs(ends[1]);
  const TerminalSignalsIgnored ignored;
  const auto pid = spawn(options, theirs.get());
  theirs.reset();
  if (!pid) return pid.error();
  Dialogue dialogue(ours.get(), debuggee, first, options.machine_interface);
  converse(ours.get(), dialogue, debuggee);
  const int status = wait_for(*pid);
  if (dialogue.was_greeted()) return status;
  return Error{Trouble::kEnvironment, options.program + ": ended with status " +
                                          std::to_string(status) + " before it had read " +
                                          library_path(kOurPart) +
                                          "; it must be a gdb 12 or later that has Python"};
}

}  // namespace crashreel
