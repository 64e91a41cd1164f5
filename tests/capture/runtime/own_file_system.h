// Where can a test have a file system of a certain kind, whatever this machine's disks are?
//
// Mounted by the test itself, for its own process and its children alone. Needs root, on most
// machines.
#pragma once

#include <string>

#include "capture/base/result.h"

namespace crashreel {

class OwnFileSystem {
 public:
  // `type` is tmpfs, or ext4, which lies in a file in `folder`. Of the errors kEnvironment is what
  // this machine does not allow, kUsage a program that somebody has to install.
  static Result<OwnFileSystem> make(const std::string& type, const std::string& folder);

  OwnFileSystem(OwnFileSystem&& other) noexcept;
  OwnFileSystem& operator=(OwnFileSystem&&) = delete;
  ~OwnFileSystem();

  const std::string& folder() const { return folder_; }

 private:
  explicit OwnFileSystem(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
};

}  // namespace crashreel
