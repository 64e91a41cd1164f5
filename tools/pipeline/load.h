// What reel does this path name? A reel file, or a seed that lies in a store: whoever has a
// reproducer in hand need not know which of the two it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel_reader.h"

namespace crashreel {

// Whole, in memory.
Result<ReadReel> load(const std::string& path);

// Piece by piece: what is opened may be larger than memory.
class OpenReel {
 public:
  static Result<OpenReel> open(const std::string& path);

  // Bytes on disk: what reading all of it costs.
  std::uint64_t file_bytes() const { return file_bytes_; }
  // Nothing where they are lost to damage.
  std::optional<ReelFacts> facts() const;
  std::vector<ReelFile> files();
  // Makes next() begin with the block that has the input of this seq, or the next one.
  void seek_seq(std::uint64_t seq);
  // The next whole block of inputs; nothing at the end. After it damage() is complete.
  std::optional<InputBlock> next();
  const Damage& damage() const;

 private:
  OpenReel() = default;

  std::uint64_t file_bytes_ = 0;
  std::optional<ReelReader> reader_;  // of a reel file
  Reel seed_;                         // else: a seed has no parts
  bool seed_given_ = false;
  Damage no_damage_;
};

}  // namespace crashreel
