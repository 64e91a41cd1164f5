#include "tools/pipeline/program_check.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness/elf.h"
#include "harness/sanitizer.h"
#include "harness/target.h"
#include "tools/exit_status.h"

namespace crashreel {
namespace {

// As many scripts as the kernel lets interpret one another.
constexpr int kMostInterpreters = 5;
// What the kernel reads of a script's first line.
constexpr std::size_t kMostHeadBytes = 256;

constexpr char kOtherWay[] = "link it with libcrashreel and call crashreel.h in it";

ProgramCheck refuse(int status, std::string reason) {
  return {.path = {}, .status = status, .reason = std::move(reason)};
}

// The loader ignores preloading when running the file gives rights that the caller has not.
bool gives_rights(const std::string& path) {
  struct stat file;
  if (::stat(path.c_str(), &file) != 0) return false;
  if ((file.st_mode & S_ISUID) != 0 && file.st_uid != ::geteuid()) return true;
  if ((file.st_mode & S_ISGID) != 0 && file.st_gid != ::getegid()) return true;
  return ::geteuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

std::string script_line(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kMostHeadBytes, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head.substr(0, head.find('\n'));
}

// "#!/usr/bin/env -S tclsh" names /usr/bin/env; empty when the line is none of a script.
std::string interpreter_in(const std::string& line) {
  if (!line.starts_with("#!")) return {};
  const std::size_t first = line.find_first_not_of(" \t", 2);
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_first_of(" \t", first) - first);
}

// Empty: it can be recorded.
std::string why_not(const std::string& path, const ElfFile& elf) {
  if (elf.interpreter.empty()) {
    return path +
           ": is statically linked, so no recorder can be loaded into it; use a dynamically " +
           "linked build, or " + kOtherWay;
  }
  if (gives_rights(path)) {
    return path +
           ": is setuid, setgid or has capabilities, so the loader would drop the recorder; " +
           "start it as the user that it becomes, or " + kOtherWay;
  }
  return {};
}

ProgramCheck not_found(const std::string& name) {
  std::error_code error;
  if (name.find('/') == std::string::npos) {
    return refuse(kExitNotFound, name + ": no such program in $PATH; give its path");
  }
  if (!std::filesystem::exists(name, error)) {
    return refuse(kExitNotFound, name + ": no such program");
  }
  return refuse(kExitNotExecutable,
                name + ": can't be executed; is it a file with the x permission?");
}

}  // namespace

ProgramCheck check_program(const std::string& name) {
  const std::string program = find_program(name);
  if (program.empty()) return not_found(name);
  std::string path = program;
  for (int depth = 0; depth <= kMostInterpreters; ++depth) {
    const std::string line = script_line(path);
    if (!line.starts_with("#!")) {
      const Result<ElfFile> elf = read_elf(path);
      const std::string reason = elf ? why_not(path, *elf) : elf.error().message;
      if (!reason.empty()) return refuse(kExitOwnTrouble, reason);
      return {.path = program,
              .status = 0,
              .reason = {},
              .first_library = first_library_of(path),
              .has_sanitizer = has_sanitizer(path)};
    }
    const std::string interpreter = interpreter_in(line);
    if (::access(interpreter.c_str(), X_OK) != 0) {
      return refuse(kExitNotExecutable, path + ": its interpreter, \"" + interpreter +
                                            "\", can't be executed; mend the script's first line");
    }
    path = interpreter;
  }
  return refuse(kExitNotExecutable, program + ": its interpreters are scripts without end");
}

}  // namespace crashreel
