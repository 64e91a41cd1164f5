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

// `what` is named in the errors: "a reel".
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, const std::string& what);

// Does not copy: the bytes must outlive the source.
std::unique_ptr<ByteSource> borrow_bytes(std::string_view bytes);

}  // namespace crashreel
