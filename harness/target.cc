#include "harness/target.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "harness/elf.h"
#include "harness/outcome.h"
#include "harness/sanitizer.h"

namespace crashreel {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool is_program(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// What a service's environment has of ours when the reel brings none.
std::vector<std::string> plain_environment() {
  std::vector<std::string> env;
  for (const char* name : {"PATH", "HOME", "LANG", "TZ"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) env.push_back(std::string(name) + "=" + value);
  }
  return env;
}

Error refused(const std::string& path, const std::string& why) {
  return {Trouble::kTarget, path + ": " + why};
}

std::mutex choosing_feeder;  // guards what follows but the first
std::atomic<bool> leaks_are_sought{false};
Feeding chosen_feeding = Feeding::kAsPossible;
std::string outside;

// Empty: it can be.
std::string why_no_player(const struct stat& status, const ElfFile& elf) {
  if ((status.st_mode & (S_ISUID | S_ISGID)) != 0 && ::geteuid() != status.st_uid) {
    return "is set-user-ID, so the loader would drop the player";
  }
  if (elf.interpreter.empty()) {
    return "is statically linked, so the player can't be loaded into it";
  }
  if (elf.is_go) return "is a Go program, whose system calls no player sees";
  return {};
}

// By whom it will be fed.
Result<void> choose_feeder(Target& target, const std::string& obstacle) {
  const std::lock_guard lock(choosing_feeder);
  const bool is_function = target.kind == TargetKind::kFunction;
  const bool asked = chosen_feeding == Feeding::kOutside;
  if (is_function && asked) {
    return refused(target.executable,
                   "is called as functions, and takes nothing from outside; leave out "
                   "'--target external'");
  }
  if (obstacle.empty() && !asked) return {};
  if (is_function) return refused(target.executable, obstacle + "; link it dynamically");
  if (chosen_feeding == Feeding::kPlayer) {
    return refused(target.executable, obstacle +
                                          "; replay it from outside with '--target external', "
                                          "or a dynamically linked copy");
  }
  target.from_outside = true;
  target.no_player = obstacle;
  return {};
}

Result<void> check_attachable(Target& target) {
  struct stat status;
  if (::stat(target.executable.c_str(), &status) != 0) {
    return refused(target.executable,
                   "there is no such program; name the one to replay on after --");
  }
  if (!is_program(target.executable)) return refused(target.executable, "is not executable");
  const auto elf = read_elf(target.executable);
  if (!elf) return elf.error();
  if (auto chosen = choose_feeder(target, why_no_player(status, *elf)); !chosen) return chosen;
  target.build_id = elf->build_id;
  target.first_library = first_library_of(target.executable);
  target.has_sanitizer = has_sanitizer(target.executable);
  if (target.has_sanitizer) make_findings_fatal(target.env, target.seeks_leaks);
  return {};
}

}  // namespace

void choose_feeding(Feeding feeding) {
  const std::lock_guard lock(choosing_feeder);
  chosen_feeding = feeding;
}

void seek_leaks() {
  leaks_are_sought = true;
}

std::string outside_text() {
  const std::lock_guard lock(choosing_feeder);
  return outside;
}

void note_from_outside(const Target& target) {
  const std::string why = target.no_player.empty() ? "" : " " + target.no_player + "; it";
  const std::lock_guard lock(choosing_feeder);
  outside = target.executable + why +
            " was fed from outside, over real sockets: without the virtual clock, so that its "
            "timers ran in real time, and without production's random bytes";
}

std::string preloads_of(const Target& target) {
  const std::string first = target.first_library.empty() ? "" : target.first_library + ":";
  return first + target.player_path;
}

std::string library_path(const std::string& file_name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto prefix = self.parent_path().parent_path();
  const auto installed = prefix / "lib" / "crashreel" / file_name;
  if (std::filesystem::exists(installed, error)) return installed.string();
  return (prefix / "lib" / file_name).string();
}

std::string find_program(const std::string& name) {
  std::error_code error;
  if (name.find('/') != std::string::npos) {
    return is_program(name) ? std::filesystem::absolute(name, error).string() : std::string();
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? kDefaultPath : path;
  while (!name.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (is_program(candidate)) return candidate;
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return {};
}

Result<Target> target_of(const Reel& reel, const std::optional<std::vector<std::string>>& argv) {
  Target target;
  target.sandbox = chosen_sandbox();
  target.kind = reel.program.kind;
  target.executable = reel.program.executable;
  target.argv = reel.program.argv;
  target.env = reel.program.env.empty() ? plain_environment() : reel.program.env;
  target.files = reel.files;
  target.seeks_leaks = leaks_are_sought || tells_of_leak(reel.crash.report) ||
                       reel.crash.signature.kind == kLeakKind;
  if (argv && !argv->empty()) {
    target.argv = *argv;
    target.executable = find_program(argv->front());
    if (target.executable.empty()) {
      return refused(argv->front(), "there is no such program; name it with its path after --");
    }
  }
  if (target.executable.empty()) {
    return Error{Trouble::kTarget, "the reel names no program; name one after --"};
  }
  const auto attachable = check_attachable(target);
  if (!attachable) return attachable.error();
  target.player_path = library_path("libcrashreel-player.so");
  for (const std::string& path : {target.player_path, library_path("libcrashreel-prefault.so")}) {
    if (::access(path.c_str(), R_OK) != 0) {
      return Error{Trouble::kEnvironment,
                   path + ": the player is missing, or a part of it; install crashreel as a whole"};
    }
  }
  return target;
}

}  // namespace crashreel
