#include "tests/tools/run_command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "capture/base/exec_words.h"

namespace crashreel::testing {
namespace {

namespace fs = std::filesystem;

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// By which a test program learns which of its tests it runs: none of what it starts is meant.
bool is_for_this_program(const std::string& variable) {
  return variable.starts_with("GTEST_TOTAL_SHARDS") || variable.starts_with("GTEST_SHARD_");
}

std::vector<std::string> environment_with(const std::vector<std::string>& settings) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string name(*entry, strcspn(*entry, "="));
    bool replaced = is_for_this_program(name);
    for (const std::string& setting : settings) replaced |= setting.starts_with(name + "=");
    if (!replaced) all.emplace_back(*entry);
  }
  all.insert(all.end(), settings.begin(), settings.end());
  return all;
}

// Files rather than pipes: a command may write as much as it likes to either without a reader.
class Redirection {
 public:
  Redirection(const TemporaryDirectory& place, const CommandInput& input) {
    std::string in = place.write("stdin", input.standard_input);
    std::string out = input.standard_output.empty() ? place.file("stdout") : input.standard_output;
    int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, 1, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&actions_, 2, place.file("stderr").c_str(), flags, 0600);
    if (!input.directory.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, input.directory.c_str());
    }
  }
  ~Redirection() { posix_spawn_file_actions_destroy(&actions_); }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child, SIGKILL);  // whatever it left running in its group
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = fs::temp_directory_path() / "crashreel-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << pattern << ": " << strerror(errno);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

std::string TemporaryDirectory::read(const std::string& name) const {
  return read_whole(path_ / name);
}

CommandRun run_command(const std::vector<std::string>& argv, const CommandInput& input) {
  TemporaryDirectory place;
  Redirection redirection(place, input);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> words = argv;
  std::vector<std::string> environment = environment_with(input.settings);
  pid_t child = -1;
  int error = posix_spawnp(&child, words.front().c_str(), redirection.actions(), &attributes,
                           exec_words(words).data(), exec_words(environment).data());
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    ADD_FAILURE() << argv.front() << ": " << strerror(error);
    return {};
  }
  CommandRun run;
  run.exit = wait_for(child);
  run.out = read_whole(place.file("stdout"));
  run.err = read_whole(place.file("stderr"));
  return run;
}

CommandRun run_line(const std::string& line, const CommandInput& input) {
  CommandInput with_path = input;
  const char* path = std::getenv("PATH");
  with_path.settings.push_back("PATH=" + fs::path(crashreel_binary()).parent_path().string() + ":" +
                               (path == nullptr ? "/usr/bin:/bin" : path));
  return run_command({"/bin/sh", "-c", line}, with_path);
}

std::string crashreel_binary() {
  return CRASHREEL_BUILD_DIR "/bin/crashreel";
}

}  // namespace crashreel::testing
