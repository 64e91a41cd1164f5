#include "capture/reel/facts_codec.h"

#include <algorithm>

#include "capture/reel/facts_sections.h"
#include "capture/reel/wire.h"

namespace crashreel {
namespace {

void put_signed(std::string& out, std::int32_t value) {
  put_varint(out, zigzag(static_cast<std::uint64_t>(std::int64_t{value})));
}

std::int32_t get_signed(WireReader& in) {
  return static_cast<std::int32_t>(unzigzag(in.varint(kMaxU32)));
}

std::vector<std::string> get_texts(WireReader& in) {
  std::vector<std::string> texts;
  const std::uint64_t count = in.varint(kMaxListEntries);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) texts.push_back(in.text());
  return texts;
}

void put_totals(std::string& out, const ReelTotals& totals) {
  for (std::uint64_t value :
       {totals.frames, totals.inputs, totals.counted_inputs, totals.payload_bytes, totals.sessions,
        totals.earliest_ns, totals.latest_ns, totals.prelude_inputs, totals.head_inputs,
        totals.pinned_inputs})
    put_varint(out, value);
}

ReelTotals get_totals(WireReader& in, std::uint16_t version) {
  ReelTotals totals;
  totals.frames = in.varint(kMaxFrames);
  totals.inputs = in.varint(kMaxInputs);
  totals.counted_inputs = in.varint(totals.inputs);
  totals.payload_bytes = in.varint(kMaxReelBytes);
  totals.sessions = in.varint(totals.inputs);
  totals.earliest_ns = in.varint();
  totals.latest_ns = in.varint();
  totals.prelude_inputs = in.varint(totals.inputs);
  if (version == 1) return totals;
  totals.head_inputs = in.varint(totals.inputs - totals.prelude_inputs);
  totals.pinned_inputs = in.varint(totals.inputs - totals.prelude_inputs - totals.head_inputs);
  return totals;
}

void put_program(std::string& out, const Program& program) {
  put_varint(out, static_cast<std::uint64_t>(program.kind));
  put_text(out, program.executable);
  put_texts(out, program.argv);
  put_texts(out, program.env);
  put_text(out, program.working_directory);
  put_text(out, program.build_id);
  put_varint(out, program.pid);
  put_varint(out, program.start_realtime_ns);
}

Program get_program(WireReader& in) {
  Program program;
  const std::uint64_t kind = in.varint(static_cast<std::uint64_t>(TargetKind::kFunction));
  if (kind == 0) in.fail();
  program.kind = static_cast<TargetKind>(kind);
  program.executable = in.text();
  program.argv = get_texts(in);
  program.env = get_texts(in);
  program.working_directory = in.text();
  program.build_id = in.text();
  program.pid = static_cast<std::uint32_t>(in.varint(kMaxU32));
  program.start_realtime_ns = in.varint();
  return program;
}

void put_loss(std::string& out, const Loss& loss) {
  for (std::uint64_t value :
       {loss.first_kept_seq, loss.overwritten_inputs, loss.overwritten_bytes, loss.trimmed_inputs,
        loss.sparse_inputs, loss.cut_payloads, loss.torn_inputs, loss.dropped_inputs})
    put_varint(out, value);
  put_varint(out, loss.reaches_start);
}

Loss get_loss(WireReader& in) {
  Loss loss;
  for (std::uint64_t* value : {&loss.first_kept_seq, &loss.overwritten_inputs,
                               &loss.overwritten_bytes, &loss.trimmed_inputs, &loss.sparse_inputs,
                               &loss.cut_payloads, &loss.torn_inputs, &loss.dropped_inputs})
    *value = in.varint();
  loss.reaches_start = in.boolean();
  return loss;
}

void put_crash(std::string& out, const CrashFacts& crash) {
  put_varint(out, crash.known);
  put_signed(out, crash.signal);
  put_signed(out, crash.exit_status);
  put_varint(out, crash.time_ns);
  put_text(out, crash.signature.kind);
  put_varint(out, crash.signature.frames.size());
  for (const Frame& frame : crash.signature.frames) {
    put_text(out, frame.module);
    put_text(out, frame.build_id);
    put_text(out, frame.symbol);
    put_varint(out, frame.offset);
  }
  put_varint(out, crash.signature_from_replay);
}

CrashFacts get_crash(WireReader& in) {
  CrashFacts crash;
  crash.known = in.boolean();
  crash.signal = get_signed(in);
  crash.exit_status = get_signed(in);
  crash.time_ns = in.varint();
  crash.signature.kind = in.text();
  const std::uint64_t frames = in.varint(kMaxStackFrames);
  for (std::uint64_t i = 0; i < frames && in.ok(); ++i) {
    Frame frame;
    frame.module = in.text();
    frame.build_id = in.text();
    frame.symbol = in.text();
    frame.offset = in.varint();
    crash.signature.frames.push_back(std::move(frame));
  }
  crash.signature_from_replay = in.boolean();
  return crash;
}

// What an older reader can do without: tag and content each, in any order. A tag that is not known
// is passed over.
void put_sections(std::string& out, const ReelFacts& facts) {
  std::string sections;
  std::uint64_t count = 0;
  for (const SectionCodec& codec : section_codecs()) {
    const std::string content = codec.encode(facts);
    if (content.empty()) continue;
    put_varint(sections, codec.tag);
    put_text(sections, content);
    ++count;
  }
  put_varint(out, count);
  out += sections;
}

void get_sections(WireReader& in, ReelFacts& facts) {
  const std::uint64_t count = in.varint(kMaxSections);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t tag = in.varint();
    WireReader content(in.take(in.varint()));
    for (const SectionCodec& codec : section_codecs()) {
      if (codec.tag != tag) continue;
      codec.decode(content, facts);
      if (!content.done()) in.fail();
    }
  }
}

}  // namespace

void TotalsCounter::add(const Input& input) {
  ++totals_.inputs;
  totals_.counted_inputs += counts_as_input(input.kind);
  totals_.payload_bytes += input.data.size();
  totals_.prelude_inputs += input.place == Place::kPrelude;
  totals_.head_inputs += input.place == Place::kHead;
  totals_.pinned_inputs += input.place == Place::kPinned;
  totals_.earliest_ns = std::min(totals_.earliest_ns, input.time_ns);
  totals_.latest_ns = std::max(totals_.latest_ns, input.time_ns);
  masked_inputs_ += input.kind == InputKind::kMasked;
  if (input.session == last_session_ || input.session == kNoSession) return;
  sessions_.insert(input.session);
  last_session_ = input.session;
}

ReelTotals TotalsCounter::totals() const {
  ReelTotals totals = totals_;
  if (totals.inputs == 0) totals.earliest_ns = 0;
  totals.sessions = sessions_.size();
  return totals;
}

ReelTotals totals_of(std::span<const Input> inputs) {
  TotalsCounter counter;
  for (const Input& input : inputs) counter.add(input);
  return counter.totals();
}

ReelFacts facts_of(const Reel& reel) {
  TotalsCounter counter;
  for (const Input& input : reel.inputs) counter.add(input);
  return facts_of(reel, counter);
}

ReelFacts facts_of(const Reel& rest, const TotalsCounter& inputs) {
  ReelFacts facts{.totals = inputs.totals(),
                  .program = rest.program,
                  .loss = rest.loss,
                  .crash = rest.crash,
                  .redaction = rest.redaction,
                  .keeping = rest.keeping,
                  .lineage = rest.lineage,
                  .file_digests = rest.file_digests};
  if (rest.redaction != Redaction()) facts.masked_inputs = inputs.masked_inputs();
  return facts;
}

void set_facts(const ReelFacts& facts, Reel& reel) {
  reel.program = facts.program;
  reel.loss = facts.loss;
  reel.crash = facts.crash;
  reel.redaction = facts.redaction;
  reel.keeping = facts.keeping;
  reel.lineage = facts.lineage;
  reel.file_digests = facts.file_digests;
}

std::string encode_facts(const ReelFacts& facts) {
  std::string out;
  put_totals(out, facts.totals);
  put_program(out, facts.program);
  put_loss(out, facts.loss);
  put_crash(out, facts.crash);
  put_sections(out, facts);
  return out;
}

std::optional<ReelFacts> decode_facts(std::string_view raw, std::uint16_t version) {
  WireReader in(raw);
  ReelFacts facts;
  facts.totals = get_totals(in, version);
  facts.program = get_program(in);
  facts.loss = get_loss(in);
  facts.crash = get_crash(in);
  if (version != 1) get_sections(in, facts);
  return in.done() ? std::optional(std::move(facts)) : std::nullopt;
}

std::string encode_file(const ReelFile& file) {
  std::string out;
  put_text(out, file.path);
  put_varint(out, file.mode);
  return out += file.bytes;
}

std::optional<ReelFile> decode_file(std::string_view raw) {
  WireReader in(raw);
  ReelFile file;
  file.path = in.text();
  file.mode = static_cast<std::uint32_t>(in.varint(kMaxU32));
  if (!in.ok() || file.path.size() > kMaxPathBytes || in.rest().size() > kMaxPayloadBytes)
    return std::nullopt;
  file.bytes = in.rest();
  return file;
}

}  // namespace crashreel
