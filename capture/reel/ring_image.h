// Is this file a ring, and where in it is what?
//
// Opens a ring, believes its superblock only after checking each number in it, and hands out its
// regions as bytes. It refuses to know what the bytes of a chunk or a fact mean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "capture/base/result.h"
#include "capture/reel/byte_source.h"
#include "capture/runtime/ring_format.h"

namespace crashreel {

class RingImage {
 public:
  // An error says what was found instead of a ring and what to do.
  static Result<RingImage> open(const std::string& path);
  // The bytes must outlive the image.
  static Result<RingImage> over(std::span<const std::byte> bytes, const std::string& name);
  static Result<RingImage> over_source(std::unique_ptr<ByteSource> source, const std::string& name);

  const ring::Superblock& super() const { return super_; }
  std::uint64_t file_bytes() const { return source_->size(); }
  bool is_prelude(std::uint32_t chunk) const { return chunk < super_.prelude_chunks; }

  // The chunks that lie whole in the file: fewer than the superblock says if the file was cut.
  std::uint32_t whole_chunks() const;

  // One read each, into `scratch`; nothing where the file ends before or can't be read. The bytes
  // of a running program's ring may change from one read to the next, not within one result.
  std::optional<std::string_view> chunk(std::uint32_t index, std::string& scratch) const;
  // A part of it. `at` counts from the chunk's start.
  std::optional<std::string_view> bytes_of_chunk(std::uint32_t index, std::uint64_t at,
                                                 std::uint64_t size, std::string& scratch) const;
  std::optional<std::string_view> bytes(std::uint64_t offset, std::uint64_t size,
                                        std::string& scratch) const;
  // A chunk's first word, and whatever of it was stored before that was stored.
  std::optional<std::uint64_t> commit_word(std::uint32_t index) const;
  std::optional<std::string_view> end(std::string& scratch) const;
  // What the program left when it died; nothing where the ring has no such region.
  std::optional<std::string_view> crash(std::string& scratch) const;
  // The committed facts, as far as the file has them.
  std::optional<std::string_view> facts(std::string& scratch) const;

 private:
  RingImage(std::unique_ptr<ByteSource> source, const ring::Superblock& super)
      : source_(std::move(source)), super_(super) {}

  std::unique_ptr<ByteSource> source_;
  ring::Superblock super_;
};

}  // namespace crashreel
