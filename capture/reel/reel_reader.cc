#include "capture/reel/reel_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "capture/reel/input_codec.h"
#include "capture/reel/reel_format.h"
#include "capture/runtime/ring_format.h"

namespace crashreel {
namespace {

const std::string_view kRingMagic(reinterpret_cast<const char*>(ring::kMagic.data()),
                                  ring::kMagic.size());

Error damaged(const std::string& name, const std::string& what) {
  return Error{Trouble::kDamaged, name + ": " + what};
}

// Bytes as people can read them: "\x7fELF\x02".
std::string printable(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\')
      text += c;
    else
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return '"' + text + '"';
}

// Why the file is no reel of ours, judged by its first bytes; nothing where it may be one.
std::optional<Error> refusal(const std::string& name, std::string_view begin,
                             const std::optional<ReelHeader>& header) {
  if (begin.empty()) return damaged(name, "is empty; its writer did not finish");
  if (begin.starts_with(kRingMagic))
    return damaged(name, "is a ring, not a reel; make a reel of it with `crashreel salvage`");
  if (!header) return std::nullopt;
  if (!is_read(header->version))
    return damaged(name, "version " + std::to_string(header->version) + "; this build reads " +
                             std::to_string(kOldestReelVersion) + " to " +
                             std::to_string(kReelVersion) + ": use the crashreel that wrote it");
  if (header->flags != 0)
    return damaged(name, "flags " + std::to_string(header->flags) +
                             " are unknown to this build: use the crashreel that wrote it");
  return std::nullopt;
}

// Version 1 counted them in the facts alone.
void mark_prelude(std::vector<Input>& inputs, std::uint64_t place, const ReelTotals& totals) {
  for (Input& input : inputs) {
    if (place++ >= totals.prelude_inputs) return;
    input.place = Place::kPrelude;
  }
}

Result<ReadReel> read_all(ReelReader reader, const std::string& name, std::uint64_t most_bytes) {
  ReadReel read;
  read.reel.files = reader.files();
  while (std::optional<InputBlock> block = reader.next()) {
    if (reader.raw_bytes_read() > most_bytes)
      return damaged(
          name, "holds more than " + std::to_string(most_bytes) + " bytes; read it piece by piece");
    std::move(block->inputs.begin(), block->inputs.end(), std::back_inserter(read.reel.inputs));
  }
  reader.check_the_rest();
  if (reader.facts()) {
    set_facts(*reader.facts(), read.reel);
  } else if (read.reel.inputs.empty() && read.reel.files.empty()) {
    return damaged(name, "no frame is whole: nothing can be read; take another copy, or the ring");
  }
  read.damage = reader.damage();
  return read;
}

}  // namespace

ReelReader::ReelReader(std::unique_ptr<ByteSource> source, FrameMap map)
    : source_(std::move(source)), map_(std::move(map)) {
  damage_.notes = map_.notes;
}

Result<ReelReader> ReelReader::open(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = open_file(path, "a reel");
  if (!source) return source.error();
  return over_source(std::move(*source), path);
}

Result<ReelReader> ReelReader::over(std::string_view bytes, const std::string& name) {
  return over_source(borrow_bytes(bytes), name);
}

Result<ReelReader> ReelReader::over_source(std::unique_ptr<ByteSource> source,
                                           const std::string& name) {
  std::string scratch;
  const std::string begin(
      source->view(0, std::min<std::uint64_t>(source->size(), kReelHeaderBytes), scratch)
          .value_or(std::string_view()));
  const std::optional<ReelHeader> header = decode_reel_header(begin);
  if (const auto refused = refusal(name, begin, header)) return *refused;
  FrameMap map = map_frames(*source, header);
  if (map.frames.empty() && !begin.starts_with(kReelMagic.substr(0, begin.size())))
    return damaged(name, "not a reel: begins with " + printable(begin.substr(0, 8)));
  if (map.frames.empty())
    return damaged(name, "no frame is whole in its " + std::to_string(source->size()) +
                             " bytes: nothing can be read; take another copy, or the ring");
  ReelReader reader(std::move(source), std::move(map));
  if (!header) reader.note("the file's header is damaged");
  reader.facts_ = reader.read_facts();
  reader.count_missing_frames();
  return reader;
}

// The first copy, else the second.
std::optional<ReelFacts> ReelReader::read_facts() {
  for (const FramePlace& frame : map_.frames) {
    if (frame.type != FrameType::kFacts) continue;
    const std::optional<std::string_view> raw = raw_of(frame);
    if (!raw) continue;
    if (std::optional<ReelFacts> facts = decode_facts(*raw, raw_version_)) return facts;
    lose(frame, "its content does not fit the format");
  }
  note("the facts are lost: program, loss and crash are not known");
  return std::nullopt;
}

std::vector<ReelFile> ReelReader::files() {
  std::vector<ReelFile> files;
  for (const FramePlace& frame : map_.frames) {
    if (frame.type != FrameType::kFile || files.size() == kMaxFiles) continue;
    const std::optional<std::string_view> raw = raw_of(frame);
    if (!raw) continue;
    if (std::optional<ReelFile> file = decode_file(*raw))
      files.push_back(std::move(*file));
    else
      lose(frame, "its content does not fit the format");
  }
  return files;
}

std::optional<InputBlock> ReelReader::next() {
  while (next_frame_ < map_.frames.size()) {
    const FramePlace& frame = map_.frames[next_frame_++];
    if (frame.type != FrameType::kInputs) continue;
    std::optional<std::vector<Input>> inputs = inputs_of(frame);
    if (!inputs) continue;
    count_inputs_before(frame.place);
    expected_place_ = frame.place + frame.inputs;
    last_seq_ = inputs->back().seq;
    return InputBlock{frame.place, std::move(*inputs)};
  }
  if (facts_) count_inputs_before(facts_->totals.inputs);
  return std::nullopt;
}

void ReelReader::seek(std::uint64_t place) {
  const auto holds_or_follows = [place](const FramePlace& frame) {
    return frame.type == FrameType::kInputs && frame.place + frame.inputs > place;
  };
  const auto found = std::find_if(map_.frames.begin(), map_.frames.end(), holds_or_follows);
  next_frame_ = static_cast<std::size_t>(found - map_.frames.begin());
  expected_place_ = found == map_.frames.end() ? place : std::min(found->place, place);
  last_seq_.reset();
}

void ReelReader::seek_seq(std::uint64_t seq) {
  std::uint64_t place = 0;
  for (const FramePlace& frame : map_.frames) {
    if (frame.first_seq && *frame.first_seq <= seq) place = frame.place;
  }
  seek(place);
}

void ReelReader::check_the_rest() {
  for (const FramePlace& frame : map_.frames) {
    const bool facts = frame.type == FrameType::kFacts;
    if (!facts && frame.type != FrameType::kIndex) continue;
    const std::optional<std::string_view> raw = raw_of(frame);
    if (!raw) continue;
    const bool fits =
        facts ? decode_facts(*raw, raw_version_).has_value() : decode_index(*raw).has_value();
    if (!fits) lose(frame, "its content does not fit the format");
  }
}

// Good until the next call.
std::optional<std::string_view> ReelReader::raw_of(const FramePlace& frame) {
  const auto stored = read_stored(*source_, frame, map_.tag, stored_scratch_);
  if (!stored) return lose(frame, "its checksum or its header differs"), std::nullopt;
  const auto raw = raw_bytes_of(*stored, raw_scratch_);
  if (!raw) return lose(frame, "it can't be decompressed"), std::nullopt;
  raw_bytes_read_ += raw->size();
  raw_version_ = stored->header.version;
  return raw;
}

std::optional<std::vector<Input>> ReelReader::inputs_of(const FramePlace& frame) {
  const std::optional<std::string_view> raw = raw_of(frame);
  if (!raw) return std::nullopt;
  std::optional<std::vector<Input>> inputs = decode_inputs(*raw, frame.inputs, raw_version_);
  if (!inputs || inputs->empty())
    return lose(frame, "its content does not fit the format"), std::nullopt;
  if (last_seq_ && inputs->front().seq <= *last_seq_)
    return lose(frame, "its inputs are older than those before it"), std::nullopt;
  if (raw_version_ == 1 && facts_) mark_prelude(*inputs, frame.place, facts_->totals);
  return inputs;
}

void ReelReader::lose(const FramePlace& frame, const std::string& why) {
  if (!lost_.insert(frame.ordinal).second) return;
  ++damage_.lost_frames;
  note(describe(frame) + ": " + why);
}

// Those that the map has not found. By the index all are found.
void ReelReader::count_missing_frames() {
  if (map_.from_index) return;
  std::uint64_t written = std::uint64_t{map_.frames.back().ordinal} + 1;
  if (map_.written) written = std::max<std::uint64_t>(written, *map_.written);
  if (facts_) written = std::max(written, facts_->totals.frames);
  damage_.lost_frames += written - map_.frames.size();
}

// From where reading stands to `place`: those in between are lost.
void ReelReader::count_inputs_before(std::uint64_t place) {
  if (place <= expected_place_) return;
  const std::uint64_t lost = place - expected_place_;
  damage_.lost_inputs += lost;
  note("inputs " + std::to_string(expected_place_) + " to " + std::to_string(place - 1) + " (" +
       std::to_string(lost) + ") are lost");
  expected_place_ = place;
}

void ReelReader::note(std::string text) {
  if (damage_.notes.size() < kMaxNotes) damage_.notes.push_back(std::move(text));
}

Result<ReadReel> read_reel(const std::string& path, std::uint64_t most_bytes) {
  Result<ReelReader> reader = ReelReader::open(path);
  if (!reader) return reader.error();
  return read_all(std::move(*reader), path, most_bytes);
}

Result<ReadReel> parse_reel(std::string_view bytes, const std::string& name,
                            std::uint64_t most_bytes) {
  Result<ReelReader> reader = ReelReader::over(bytes, name);
  if (!reader) return reader.error();
  return read_all(std::move(*reader), name, most_bytes);
}

}  // namespace crashreel
