// The calls that touch a socket by its path. In a try no socket has one (hooks_socket.cc): what the
// program made is said to be there, and what lies there is somebody else's, perhaps of the very
// program in production, and stays.

#include <sys/stat.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/idle.h"

using namespace crashreel::player;

namespace {

bool is_asked(const char* path) {
  return scheduling() && path != nullptr && is_asked_path(path);
}

bool is_others_socket(const char* path) {
  struct stat status;
  return scheduling() && path != nullptr && ::lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

#define CRASHREEL_HOOK __attribute__((visibility("default")))

extern "C" {

CRASHREEL_HOOK int unlink(const char* path) noexcept {
  if (is_asked(path) || is_others_socket(path)) return 0;
  return CRASHREEL_REAL(unlink)(path);
}

CRASHREEL_HOOK int chmod(const char* path, mode_t mode) noexcept {
  return is_asked(path) ? 0 : CRASHREEL_REAL(chmod)(path, mode);
}

CRASHREEL_HOOK int chown(const char* path, uid_t owner, gid_t group) noexcept {
  return is_asked(path) ? 0 : CRASHREEL_REAL(chown)(path, owner, group);
}

}  // extern "C"
