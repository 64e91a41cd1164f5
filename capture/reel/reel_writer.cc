#include "capture/reel/reel_writer.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "capture/reel/crc32c.h"
#include "capture/reel/facts_codec.h"
#include "capture/reel/input_codec.h"
#include "capture/reel/new_file.h"
#include "capture/reel/reel_format.h"

namespace crashreel {
namespace {

// Shorter frames gain a few bytes and lose that one can read them with `strings`.
constexpr std::size_t kCompressFromBytes = 512;
constexpr int kCompressionLevel = 3;

using Group = std::span<const Input>;

// Cuts the inputs into the frames to come.
std::vector<Group> grouped(const std::vector<Input>& inputs, std::size_t frame_bytes) {
  std::vector<Group> groups;
  std::size_t first = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t size = encoded_size_at_most(inputs[i]);
    const bool full = bytes + size > frame_bytes || i - first == kMaxFrameInputs;
    if (full && i > first) {
      groups.push_back(Group(inputs).subspan(first, i - first));
      first = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (first < inputs.size()) groups.push_back(Group(inputs).subspan(first));
  return groups;
}

// Puts frames behind each other and remembers what the index will say of them.
class FrameWriter {
 public:
  FrameWriter(std::uint32_t tag, const ReelSink& sink) : sink_(sink), tag_(tag) {
    put(encode(ReelHeader{.tag = tag}));
  }

  void frame(FrameType type, std::string_view raw, std::uint64_t place = 0, Group inputs = {}) {
    CRASHREEL_CHECK(raw.size() <= kMaxFrameBytes);
    const std::string_view stored = squeezed(raw);
    FrameHeader header;
    header.type = type;
    header.encoding = stored.size() < raw.size() ? FrameEncoding::kZstd : FrameEncoding::kStored;
    header.tag = tag_;
    header.ordinal = static_cast<std::uint32_t>(index_.size());
    header.stored_bytes = static_cast<std::uint32_t>(stored.size());
    header.raw_bytes = static_cast<std::uint32_t>(raw.size());
    header.place = place;
    header.inputs = static_cast<std::uint32_t>(inputs.size());
    header.stored_crc = crc32c(stored);
    put(encode(header));
    put(stored);
    index_.push_back({.type = type,
                      .stored_bytes = header.stored_bytes,
                      .inputs = header.inputs,
                      .first_seq = inputs.empty() ? 0 : inputs.front().seq});
  }

  Result<void> finish() {
    const std::uint64_t index_at = written_;
    frame(FrameType::kIndex, encode_index(index_));
    put(encode(Trailer{
        .index_at = index_at, .tag = tag_, .frames = static_cast<std::uint32_t>(index_.size())}));
    return state_;
  }

 private:
  // The bytes to store: compressed where that makes them fewer. Good until the next call.
  std::string_view squeezed(std::string_view raw) {
    if (raw.size() < kCompressFromBytes) return raw;
    if (scratch_.size() < ZSTD_compressBound(raw.size()))
      scratch_.resize(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compressCCtx(context_.get(), scratch_.data(), scratch_.size(),
                                               raw.data(), raw.size(), kCompressionLevel);
    const bool shrank = !ZSTD_isError(size) && size < raw.size();
    return shrank ? std::string_view(scratch_).substr(0, size) : raw;
  }

  void put(std::string_view bytes) {
    if (!state_) return;
    state_ = sink_(bytes);
    written_ += bytes.size();
  }

  const ReelSink& sink_;
  Result<void> state_;
  std::uint64_t written_ = 0;
  std::uint32_t tag_;
  std::vector<IndexEntry> index_;
  std::string scratch_;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_{ZSTD_createCCtx(), &ZSTD_freeCCtx};
};

std::string encoded_facts(const Reel& reel, std::size_t input_frames) {
  ReelFacts facts = facts_of(reel);
  facts.totals.frames = 2 + reel.files.size() + input_frames + 1;  // facts twice, index once
  return encode_facts(facts);
}

Error refused(const std::string& name, const std::string& what) {
  return Error{Trouble::kUsage, name + ": can't be written as a reel: " + what};
}

std::string exceeds(const std::string& what, std::uint64_t value, std::uint64_t bound) {
  return what + ": " + std::to_string(value) + " exceeds " + std::to_string(bound);
}

// What is wrong with the lists of a reel, or nothing.
std::string trouble_with_lists(const Reel& reel) {
  const Program& program = reel.program;
  if (program.argv.size() > kMaxListEntries)
    return exceeds("arguments of the program", program.argv.size(), kMaxListEntries);
  if (program.env.size() > kMaxListEntries)
    return exceeds("environment variables", program.env.size(), kMaxListEntries);
  if (reel.file_digests.size() > kMaxFiles)
    return exceeds("large files", reel.file_digests.size(), kMaxFiles);
  for (const FileDigest& file : reel.file_digests) {
    if (file.path.size() > kMaxPathBytes)
      return exceeds("path of a large file", file.path.size(), kMaxPathBytes);
  }
  if (reel.files.size() > kMaxFiles) return exceeds("files", reel.files.size(), kMaxFiles);
  if (reel.crash.signature.frames.size() > kMaxStackFrames)
    return exceeds("stack frames", reel.crash.signature.frames.size(), kMaxStackFrames);
  const Redaction& redaction = reel.redaction;
  if (std::max(redaction.rules.size(), redaction.salvage_rules.size()) > kMaxRedactionRules)
    return exceeds("redaction rules",
                   std::max(redaction.rules.size(), redaction.salvage_rules.size()),
                   kMaxRedactionRules);
  if (reel.inputs.size() > kMaxInputs) return exceeds("inputs", reel.inputs.size(), kMaxInputs);
  return "";
}

// Adds up what the files take, in `bytes`.
std::string trouble_with_files(const std::vector<ReelFile>& files, std::uint64_t& bytes) {
  for (const ReelFile& file : files) {
    const std::string which = "file " + file.path.substr(0, 200);
    if (file.path.size() > kMaxPathBytes)
      return exceeds("path of " + which, file.path.size(), kMaxPathBytes);
    if (file.bytes.size() > kMaxPayloadBytes)
      return exceeds("bytes of " + which, file.bytes.size(), kMaxPayloadBytes);
    bytes += file.path.size() + file.bytes.size();
    if (bytes > kMaxReelBytes) return exceeds("bytes up to " + which, bytes, kMaxReelBytes);
  }
  return "";
}

// Goes on adding in `bytes`.
std::string trouble_with_inputs(const std::vector<Input>& inputs, std::uint64_t& bytes) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Input& input = inputs[i];
    const auto which = [i] { return "input " + std::to_string(i); };
    const auto kind = static_cast<unsigned>(input.kind);
    if (kind < 1 || kind > static_cast<unsigned>(kLastInputKind))
      return which() + ": kind " + std::to_string(kind) + " is none";
    if (input.place > kLastPlace)
      return which() + ": place " + std::to_string(static_cast<unsigned>(input.place)) + " is none";
    if (input.data.size() > kMaxPayloadBytes)
      return exceeds("payload of " + which(), input.data.size(), kMaxPayloadBytes);
    if (i > 0 && input.seq <= inputs[i - 1].seq)
      return which() + ": seq " + std::to_string(input.seq) + " does not rise above " +
             std::to_string(inputs[i - 1].seq);
    bytes += encoded_size_at_most(input);
    if (bytes > kMaxReelBytes) return exceeds("bytes up to " + which(), bytes, kMaxReelBytes);
  }
  return "";
}

}  // namespace

Result<void> check_reel(const Reel& reel, const std::string& name) {
  if (const std::string trouble = trouble_with_lists(reel); !trouble.empty())
    return refused(name, trouble);
  std::uint64_t bytes = 2 * kMaxFactsBytes;
  if (const std::string trouble = trouble_with_files(reel.files, bytes); !trouble.empty())
    return refused(name, trouble);
  if (const std::string trouble = trouble_with_inputs(reel.inputs, bytes); !trouble.empty())
    return refused(name, trouble);
  if (reel.program.kind != TargetKind::kServer && reel.program.kind != TargetKind::kStdin)
    return refused(name, "the program's target kind is none");
  const std::size_t facts_bytes = encoded_facts(reel, 0).size();
  if (facts_bytes > kMaxFactsBytes - 64)
    return refused(name, exceeds("bytes of facts", facts_bytes, kMaxFactsBytes - 64));
  return {};
}

Result<void> write_reel_to(const Reel& reel, const ReelSink& sink, std::size_t frame_bytes) {
  const std::vector<Group> groups = grouped(reel.inputs, frame_bytes);
  const std::string facts = encoded_facts(reel, groups.size());
  FrameWriter writer(crc32c(facts), sink);
  writer.frame(FrameType::kFacts, facts);
  for (const ReelFile& file : reel.files) writer.frame(FrameType::kFile, encode_file(file));
  std::uint64_t place = 0;
  for (const Group& group : groups) {
    writer.frame(FrameType::kInputs, encode_inputs(group), place, group);
    place += group.size();
  }
  writer.frame(FrameType::kFacts, facts);
  return writer.finish();
}

std::string serialize_reel(const Reel& reel, std::size_t frame_bytes) {
  CRASHREEL_CHECK(check_reel(reel, "reel").has_value());
  std::string out;
  const auto append = [&out](std::string_view bytes) {
    out.append(bytes);
    return Result<void>();
  };
  const Result<void> written = write_reel_to(reel, append, frame_bytes);
  CRASHREEL_CHECK(written.has_value());
  return out;
}

Result<void> write_reel(const Reel& reel, const std::string& path) {
  if (Result<void> fits = check_reel(reel, path); !fits) return fits;
  Result<NewFile> file = NewFile::beside(path);
  if (!file) return file.error();
  Result<void> written =
      write_reel_to(reel, [&file](std::string_view bytes) { return file->write(bytes); });
  return written ? file->publish() : written;
}

}  // namespace crashreel
