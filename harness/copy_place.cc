#include "harness/copy_place.h"

#include <unistd.h>

#include <utility>

#include "capture/base/errno_error.h"

namespace crashreel {

std::optional<CopyPlace::Files> CopyPlace::files_now() const {
  auto content = directory_->remember();
  if (!content) return std::nullopt;
  return Files{std::move(*content), Scratch::of(pid_), ::lseek(output_fd_, 0, SEEK_END)};
}

Result<void> CopyPlace::put_back(Files& files) const {
  if (!directory_->restore(files.content)) {
    return Error{Trouble::kTarget, "it changes its files beyond restoring"};
  }
  if (files.scratch.has_changed()) {
    return Error{Trouble::kTarget, "a copy of it has left files in /tmp or the like"};
  }
  // Server and instances write to the same open file.
  if (::ftruncate(output_fd_, files.output_bytes) != 0 ||
      ::lseek(output_fd_, files.output_bytes, SEEK_SET) != files.output_bytes) {
    return errno_error("fork server: its output");
  }
  return {};
}

}  // namespace crashreel
