// Where does an instance work, and is that place as it was?
//
// A folder of its own below the temporary files, with the reel's files in it, gone with its owner.
// Instances that one fork server makes work there one after another: what is there can be
// remembered once and put back after each. What a process that was killed has left there, the next
// one removes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

class WorkingDirectory {
 public:
  // A file or folder as it was.
  struct Entry {
    bool is_folder = false;
    std::uint64_t inode = 0;
    std::uint64_t changed_ns = 0;  // when its status was last changed: no writing without that
    std::string bytes;             // of a file
  };
  using Content = std::map<std::string, Entry>;  // by path, folders before what is in them

  static Result<WorkingDirectory> create(const std::vector<ReelFile>& files);

  WorkingDirectory(WorkingDirectory&& other) noexcept;
  WorkingDirectory& operator=(WorkingDirectory&&) = delete;
  ~WorkingDirectory();

  const std::string& path() const { return path_; }
  // Where a file that travels was laid.
  std::string place_of(const ReelFile& file) const;

  // Empty: there is too much, or something that can't be put back.
  std::optional<Content> remember() const;
  // As it was then. False: it can't be put back, because a file is gone that the program may have
  // open.
  bool restore(Content& content);

 private:
  WorkingDirectory() = default;

  std::string path_;
  OwnedFd lock_;  // as long as it is ours (folder_lock.h)
};

}  // namespace crashreel
