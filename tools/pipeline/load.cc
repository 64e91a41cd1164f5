#include "tools/pipeline/load.h"

#include <filesystem>

#include "corpus/store.h"

namespace crashreel {

Result<ReadReel> load(const std::string& path) {
  if (!Store::is_seed_of_store(path)) return read_reel(path);
  Result<Reel> seed = Store::load(path);
  if (!seed) return seed.error();
  return ReadReel{*std::move(seed), {}};
}

Result<OpenReel> OpenReel::open(const std::string& path) {
  OpenReel opened;
  std::error_code unknown;
  opened.file_bytes_ = std::filesystem::file_size(path, unknown);
  if (Store::is_seed_of_store(path)) {
    Result<Reel> seed = Store::load(path);
    if (!seed) return seed.error();
    opened.seed_ = *std::move(seed);
    return opened;
  }
  Result<ReelReader> reader = ReelReader::open(path);
  if (!reader) return reader.error();
  opened.reader_ = *std::move(reader);
  return opened;
}

std::optional<ReelFacts> OpenReel::facts() const {
  if (reader_) return reader_->facts();
  return facts_of(seed_);
}

std::vector<ReelFile> OpenReel::files() {
  return reader_ ? reader_->files() : seed_.files;
}

void OpenReel::seek_seq(std::uint64_t seq) {
  if (reader_) reader_->seek_seq(seq);
}

std::optional<InputBlock> OpenReel::next() {
  if (!reader_) {
    if (seed_given_) return std::nullopt;
    seed_given_ = true;
    return InputBlock{.place = 0, .inputs = seed_.inputs};
  }
  std::optional<InputBlock> block = reader_->next();
  if (!block) reader_->check_the_rest();
  return block;
}

const Damage& OpenReel::damage() const {
  return reader_ ? reader_->damage() : no_damage_;
}

}  // namespace crashreel
