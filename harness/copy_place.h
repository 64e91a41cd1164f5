// Where do the copies of a fork server work, and how does that become what it was?
//
// All servers of one tree have their place in common: their copies work in one folder, one after
// another, and write to one open file. One thread at a time.
#pragma once

#include <sys/types.h>

#include <optional>

#include "capture/base/result.h"
#include "harness/scratch.h"
#include "harness/working_directory.h"

namespace crashreel {

class CopyPlace {
 public:
  // What there is of files at one moment.
  struct Files {
    WorkingDirectory::Content content;
    Scratch scratch;
    off_t output_bytes = 0;  // what the program had printed by then
  };

  // Of the first server, with its process: all see the same of the file system. The folder and the
  // open file outlive this.
  CopyPlace(WorkingDirectory& directory, int output_fd, pid_t pid)
      : directory_(&directory), output_fd_(output_fd), pid_(pid) {}

  int output_fd() const { return output_fd_; }

  // Empty: there are too many.
  std::optional<Files> files_now() const;
  // kTarget: they can't be put back.
  Result<void> put_back(Files& files) const;

 private:
  WorkingDirectory* directory_;
  int output_fd_;
  pid_t pid_;
};

}  // namespace crashreel
