// Where do a reel's bytes come from? A file, of which only what is asked for is read, or memory. It
// refuses to know what they mean. Files are read by pread and not mapped: a mapped file that
// somebody cuts is a SIGBUS here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/base/result.h"

namespace crashreel {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;

  // Bytes `at` to `at + size`; nothing where they reach beyond the end or the disk does not give
  // them. They lie in `scratch` or in the source's own memory, and are good until either changes.
  virtual std::optional<std::string_view> view(std::uint64_t at, std::uint64_t size,
                                               std::string& scratch) const = 0;
};

// A file without a name, for bytes that are not to be kept in memory: nobody else can open it, and
// it is gone with its last user.
class ScratchFile {
 public:
  // Of so many bytes, all zeros, in a folder.
  static Result<ScratchFile> in(const std::string& folder, std::uint64_t size);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();

  Result<void> write(std::uint64_t at, std::string_view bytes);
  // Shows what is written later, too, and may outlive this.
  std::unique_ptr<ByteSource> source() const;

 private:
  ScratchFile(int fd, std::string folder, std::uint64_t size);

  int fd_;
  std::string folder_;  // in errors
  std::uint64_t size_;
};

// `what` is named in the errors: "a reel".
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, const std::string& what);

// Does not copy: the bytes must outlive the source.
std::unique_ptr<ByteSource> borrow_bytes(std::string_view bytes);

}  // namespace crashreel
