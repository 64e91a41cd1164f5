// How do many files appear, each whole or not at all, without waiting for the disk for each of
// them?
//
// As temporaries in a hidden folder, made durable some hundred at a time, then renamed. Also the
// lock that says who is at it: whoever writes shares it, whoever takes files away has it alone. A
// killed process leaves temporaries and no lock.
#pragma once

#include <span>
#include <string>

#include "capture/base/result.h"

namespace crashreel {

// Of the system call that has just failed: "corpus/index: can't be written: No space left …".
Error cannot_store(const std::string& path, const char* what);

struct NewContent {
  std::string path;
  std::string bytes;
};

// In this order: when a file is there, those before it are. `hidden` must be on their file system.
Result<void> publish_all(const std::string& hidden, std::span<const NewContent> files);

class FolderLock {
 public:
  enum class Kind { kShared, kAlone };

  // Waits for whoever holds it. The file `path` is made where it is missing, and stays.
  static Result<FolderLock> take(const std::string& path, Kind kind);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace crashreel
