// How does a file appear whole or not at all? It is written as a temporary, made durable, and then
// given its name in one step. Whoever looks sees the old file or the new one; a killed writer
// leaves a hidden temporary at worst.
#pragma once

#include <string>
#include <string_view>

#include "capture/base/result.h"

namespace crashreel {

class NewFile {
 public:
  // A temporary of mode 0600 in the folder of `path`, hidden: ".NAME.XXXXXX". What is there already
  // and is no regular file (a folder, a device, a pipe) is refused rather than replaced.
  static Result<NewFile> beside(const std::string& path);
  // The same with the temporary in `folder`, which must be on the same file system as `path`.
  static Result<NewFile> in(const std::string& folder, const std::string& path);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();  // removes the temporary, unless published

  Result<void> write(std::string_view bytes);
  // fsync, rename to `path`, fsync of the folder. Nothing may be written after it.
  Result<void> publish();
  // The rename alone, for one of many files that the caller makes durable together.
  Result<void> publish_undurably();

 private:
  NewFile(int fd, std::string temporary, std::string path);
  Error failed(const char* what) const;

  int fd_;
  std::string temporary_;
  std::string path_;
};

}  // namespace crashreel
