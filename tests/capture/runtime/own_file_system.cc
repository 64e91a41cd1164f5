#include "tests/capture/runtime/own_file_system.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/capture/runtime/confined.h"

namespace crashreel {
namespace {

// Several times what the largest ring of a campaign of short lives has.
constexpr std::uintmax_t kExt4Bytes = 48 << 20;

// Its exit status; 127 where there is no such program.
int run(const std::string& command) {
  const int status = std::system(("PATH=$PATH:/usr/sbin:/sbin " + command + " >&2").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Error not_allowed(const std::string& what) {
  return {Trouble::kEnvironment, what};
}

Result<void> make_ext4(const std::string& image) {
  std::ofstream(image).close();
  std::error_code trouble;
  std::filesystem::resize_file(image, kExt4Bytes, trouble);
  if (trouble) return not_allowed(image + ": " + trouble.message());
  const int status = run("mkfs.ext4 -q -F " + image);
  if (status == 127) {
    return Error{Trouble::kUsage, "mkfs.ext4 is not installed: install e2fsprogs"};
  }
  if (status != 0) return not_allowed("mkfs.ext4 can't make a file system in " + image);
  return {};
}

Result<void> mount_ext4(const std::string& folder) {
  const std::string image = folder + ".img";
  Result<void> mounted = make_ext4(image);
  // The device goes with the mount, and the file, which has no name any more, with both.
  if (mounted && run("mount -t ext4 -o loop " + image + " " + folder) != 0) {
    mounted = not_allowed("no file can be mounted here");
  }
  ::unlink(image.c_str());
  return mounted;
}

}  // namespace

Result<OwnFileSystem> OwnFileSystem::make(const std::string& type, const std::string& folder) {
  if (!own_mounts()) {
    return not_allowed(std::string("no mount of one's own can be made: ") + std::strerror(errno));
  }
  const std::string own = folder + "/crashreel-" + type + "-" + std::to_string(::getpid());
  if (::mkdir(own.c_str(), 0700) != 0) {
    return not_allowed(own + ": can't be made: " + std::strerror(errno));
  }
  OwnFileSystem made(own);
  if (type == "tmpfs") {
    if (mount_tmpfs(own, "size=64m")) return made;
    return not_allowed(std::string("no tmpfs can be mounted: ") + std::strerror(errno));
  }
  if (const auto mounted = mount_ext4(own); !mounted) return mounted.error();
  return made;
}

OwnFileSystem::OwnFileSystem(OwnFileSystem&& other) noexcept
    : folder_(std::exchange(other.folder_, "")) {}

OwnFileSystem::~OwnFileSystem() {
  if (folder_.empty()) return;
  ::umount2(folder_.c_str(), MNT_DETACH);
  ::rmdir(folder_.c_str());
}

}  // namespace crashreel
