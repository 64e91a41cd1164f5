#include "tools/pipeline/find_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace crashreel {
namespace {

// Empty when the file can be run, else why not.
std::string obstacle(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return strerror(errno);
  if (S_ISDIR(status.st_mode)) return "it is a directory";
  if (access(path.c_str(), X_OK) != 0) return "it is not executable";
  return "";
}

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& search_path) {
  if (name.find('/') != std::string::npos) {
    std::string why_not = obstacle(name);
    if (why_not.empty()) return absolute(name);
    return Error{Trouble::kTarget, name + ": can't be run: " + why_not};
  }
  std::istringstream directories(search_path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string path = (directory.empty() ? "." : directory) + "/" + name;
    if (obstacle(path).empty()) return absolute(path);
  }
  return Error{Trouble::kTarget,
               name + ": no such program in PATH; give its path, for example ./" + name};
}

}  // namespace crashreel
