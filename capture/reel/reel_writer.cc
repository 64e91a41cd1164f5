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
class Grouping {
 public:
  explicit Grouping(std::size_t frame_bytes) : frame_bytes_(frame_bytes) {}

  void add(const Input& input) {
    const std::size_t size = encoded_size_at_most(input);
    const bool full = bytes_ + size > frame_bytes_ || count_ == kMaxFrameInputs;
    if (full && count_ > 0) close();
    ++count_;
    bytes_ += size;
  }

  std::vector<std::size_t> take() {
    if (count_ > 0) close();
    return std::move(groups_);
  }

 private:
  void close() {
    groups_.push_back(count_);
    count_ = bytes_ = 0;
  }

  std::size_t frame_bytes_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::size_t> groups_;
};

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

  const Result<void>& state() const { return state_; }

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

// Of the inputs, one after the other; goes on adding in `bytes`.
class InputCheck {
 public:
  explicit InputCheck(std::uint64_t& bytes) : bytes_(bytes) {}

  std::string trouble_with(const Input& input) {
    const std::uint64_t number = count_++;
    const auto which = [number] { return "input " + std::to_string(number); };
    const auto kind = static_cast<unsigned>(input.kind);
    if (kind < 1 || kind > static_cast<unsigned>(kLastInputKind))
      return which() + ": kind " + std::to_string(kind) + " is none";
    if (input.place > kLastPlace)
      return which() + ": place " + std::to_string(static_cast<unsigned>(input.place)) + " is none";
    if (input.data.size() > kMaxPayloadBytes)
      return exceeds("payload of " + which(), input.data.size(), kMaxPayloadBytes);
    if (number > 0 && input.seq <= last_seq_)
      return which() + ": seq " + std::to_string(input.seq) + " does not rise above " +
             std::to_string(last_seq_);
    last_seq_ = input.seq;
    bytes_ += encoded_size_at_most(input);
    if (bytes_ > kMaxReelBytes) return exceeds("bytes up to " + which(), bytes_, kMaxReelBytes);
    if (count_ > kMaxInputs) return exceeds("inputs", count_, kMaxInputs);
    return "";
  }

 private:
  std::uint64_t& bytes_;
  std::uint64_t count_ = 0;
  std::uint64_t last_seq_ = 0;
};

Error changed_meanwhile() {
  return Error{Trouble::kEnvironment,
               "the inputs changed between counting and writing: somebody still writes where they "
               "come from; try again when nobody does"};
}

}  // namespace

Result<ReelPlan> plan_reel(const Reel& rest, InputSource& inputs, const std::string& name,
                           std::size_t frame_bytes) {
  if (const std::string trouble = trouble_with_lists(rest); !trouble.empty())
    return refused(name, trouble);
  std::uint64_t bytes = 2 * kMaxFactsBytes;
  if (const std::string trouble = trouble_with_files(rest.files, bytes); !trouble.empty())
    return refused(name, trouble);
  if (rest.program.kind < TargetKind::kServer || rest.program.kind > TargetKind::kFunction)
    return refused(name, "the program's target kind is none");
  InputCheck check(bytes);
  TotalsCounter totals;
  Grouping grouping(frame_bytes);
  inputs.rewind();
  while (const Input* input = inputs.next()) {
    if (const std::string trouble = check.trouble_with(*input); !trouble.empty())
      return refused(name, trouble);
    totals.add(*input);
    grouping.add(*input);
  }
  ReelPlan plan{facts_of(rest, totals), grouping.take()};
  plan.facts.totals.frames =
      2 + rest.files.size() + plan.groups.size() + 1;  // facts twice, index once
  const std::size_t facts_bytes = encode_facts(plan.facts).size();
  if (facts_bytes > kMaxFactsBytes)
    return refused(name, exceeds("bytes of facts", facts_bytes, kMaxFactsBytes));
  return plan;
}

Result<void> check_reel(const Reel& reel, const std::string& name) {
  InputsInMemory inputs(reel.inputs);
  const Result<ReelPlan> plan = plan_reel(reel, inputs, name);
  return plan ? Result<void>() : plan.error();
}

Result<void> write_reel_to(const ReelPlan& plan, const std::vector<ReelFile>& files,
                           InputSource& inputs, const ReelSink& sink) {
  const std::string facts = encode_facts(plan.facts);
  FrameWriter writer(crc32c(facts), sink);
  writer.frame(FrameType::kFacts, facts);
  for (const ReelFile& file : files) writer.frame(FrameType::kFile, encode_file(file));
  std::uint64_t place = 0;
  std::uint64_t payload_bytes = 0;
  std::vector<Input> group;  // grows to the largest, so that payloads keep their memory
  inputs.rewind();
  for (const std::size_t size : plan.groups) {
    if (group.size() < size) group.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
      const Input* input = inputs.next();
      if (input == nullptr) return changed_meanwhile();
      group[i] = *input;
      payload_bytes += input->data.size();
    }
    const Group whole = Group(group).first(size);
    writer.frame(FrameType::kInputs, encode_inputs(whole), place, whole);
    if (!writer.state()) return writer.state();
    place += size;
  }
  if (inputs.next() != nullptr || payload_bytes != plan.facts.totals.payload_bytes)
    return changed_meanwhile();
  writer.frame(FrameType::kFacts, facts);
  return writer.finish();
}

std::string serialize_reel(const Reel& reel, std::size_t frame_bytes) {
  InputsInMemory inputs(reel.inputs);
  const Result<ReelPlan> plan = plan_reel(reel, inputs, "reel", frame_bytes);
  CRASHREEL_CHECK(plan.has_value());
  std::string out;
  const auto append = [&out](std::string_view bytes) {
    out.append(bytes);
    return Result<void>();
  };
  const Result<void> written = write_reel_to(*plan, reel.files, inputs, append);
  CRASHREEL_CHECK(written.has_value());
  return out;
}

Result<void> write_reel(const Reel& rest, InputSource& inputs, const std::string& path) {
  const Result<ReelPlan> plan = plan_reel(rest, inputs, path);
  if (!plan) return plan.error();
  Result<NewFile> file = NewFile::beside(path);
  if (!file) return file.error();
  const auto write = [&file](std::string_view bytes) { return file->write(bytes); };
  const Result<void> written = write_reel_to(*plan, rest.files, inputs, write);
  return written ? file->publish() : written;
}

Result<void> write_reel(const Reel& reel, const std::string& path) {
  InputsInMemory inputs(reel.inputs);
  return write_reel(reel, inputs, path);
}

}  // namespace crashreel
