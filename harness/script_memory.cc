// A layout in shared memory, as the player reads it.
#include <algorithm>
#include <cstring>
#include <new>
#include <span>

#include "harness/sequence.h"

namespace crashreel {
namespace {

constexpr std::size_t kTranscriptRoom = 16 << 20;  // of pages that nobody touches there are none

// Of the player's steps data alone brings bytes.
bool brings_bytes(const Layout& layout, const Step& step) {
  return step.kind == StepKind::kData || layout.kind == TargetKind::kFunction;
}

std::size_t aligned(std::size_t offset) {
  return (offset + alignof(StepAnswer) - 1) / alignof(StepAnswer) * alignof(StepAnswer);
}

// Those that are drawn in this part; the last step before it may still be at it.
std::vector<const DrawnBytes*> drawn_from(const Layout& layout, std::size_t from) {
  std::vector<const DrawnBytes*> drawn;
  for (const DrawnBytes& bytes : layout.drawn) {
    if (bytes.after >= from) drawn.push_back(&bytes);
  }
  return drawn;
}

}  // namespace

Result<Script> Script::write(const Layout& layout, const ScriptPart& part) {
  const std::span<const Step> steps = std::span(layout.steps).subspan(part.from);
  const std::size_t marks_at = sizeof(ScriptHeader) + steps.size_bytes();
  const std::size_t payload_at = marks_at + part.marks.size() * sizeof(std::uint32_t);
  std::size_t payload_end = payload_at;
  for (const Step& step : steps) {
    if (brings_bytes(layout, step)) payload_end += step.payload_size;
  }
  const std::vector<const DrawnBytes*> drawn = drawn_from(layout, part.from);
  const std::size_t random_at = aligned(payload_end);
  const std::size_t drawn_at = random_at + drawn.size() * sizeof(StepRandom);
  std::size_t drawn_end = drawn_at;
  for (const DrawnBytes* bytes : drawn) drawn_end += bytes->bytes.size();
  const std::size_t answers_at = aligned(drawn_end);
  const std::size_t answers = layout.keeps_answers ? steps.size() : 0;
  const std::size_t transcript_at = answers_at + answers * sizeof(StepAnswer);
  const std::size_t transcript_room = layout.keeps_bytes ? kTranscriptRoom : 0;
  auto memory = SharedMemory::create(transcript_at + transcript_room);
  if (!memory) return memory.error();

  auto* header = new (memory->bytes()) ScriptHeader;
  header->magic = kScriptMagic;
  header->version = kScriptVersion;
  header->step_count = static_cast<std::uint32_t>(steps.size());
  header->steps_offset = sizeof(ScriptHeader);
  header->size = memory->size();
  header->start_realtime_ns = layout.start_realtime_ns;
  header->end_time_ns = layout.end_time_ns;
  header->stop.before = kStopsNowhere;
  header->feeds = layout.kind == TargetKind::kServer ? 1 : 0;
  header->answers_offset = answers != 0 ? answers_at : 0;
  header->transcript_offset = transcript_at;
  header->transcript_room = transcript_room;
  header->mark_count = static_cast<std::uint32_t>(part.marks.size());
  header->marks_offset = marks_at;
  header->answer_bytes = part.answer_bytes;
  header->answer_digest = part.answer_digest;
  header->random_offset = random_at;
  header->random_count = static_cast<std::uint32_t>(drawn.size());
  header->first_key = part.from == 0 ? 0 : layout.steps[part.from - 1].key;
  header->random_seed = layout.random_seed;
  header->has_tls = layout.has_tls ? 1 : 0;
  header->through_kernel = layout.through_kernel ? 1 : 0;
  header->lets_speak = layout.lets_speak ? 1 : 0;
  auto* random = reinterpret_cast<StepRandom*>(memory->bytes() + random_at);
  for (std::size_t to = drawn_at; const DrawnBytes* bytes : drawn) {
    *random++ = {.after = static_cast<std::uint32_t>(bytes->after - part.from),
                 .unused = 0,
                 .offset = to,
                 .size = bytes->bytes.size()};
    std::memcpy(memory->bytes() + to, bytes->bytes.data(), bytes->bytes.size());
    to += bytes->bytes.size();
  }
  auto* marks = reinterpret_cast<std::uint32_t*>(memory->bytes() + marks_at);
  for (const std::size_t mark : part.marks) *marks++ = static_cast<std::uint32_t>(mark - part.from);
  std::size_t at = payload_at;
  auto* placed = reinterpret_cast<Step*>(memory->bytes() + sizeof(ScriptHeader));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    placed[i] = steps[i];
    if (!brings_bytes(layout, steps[i])) continue;
    placed[i].payload_offset = at;
    std::memcpy(memory->bytes() + at, layout.inputs[part.from + i]->data.data(),
                steps[i].payload_size);
    at += steps[i].payload_size;
  }
  const auto* first_answer = reinterpret_cast<const StepAnswer*>(memory->bytes() + answers_at);
  return Script(std::move(*memory), static_cast<std::uint32_t>(steps.size()),
                answers != 0 ? first_answer : nullptr, transcript_at);
}

std::optional<AnswerDigest> Script::answer_to(std::uint32_t step) const {
  if (answers_ == nullptr || answers_[step].is_whole.load(std::memory_order_acquire) == 0) {
    return std::nullopt;
  }
  return AnswerDigest{.value = answers_[step].digest, .bytes = answers_[step].bytes};
}

std::vector<std::string> Script::transcript() const {
  const std::uint64_t written = header().transcript_size.load(std::memory_order_acquire);
  const std::size_t room = memory_.size() - transcript_at_;
  const auto* from = reinterpret_cast<const char*>(memory_.bytes()) + transcript_at_;
  return put_together({from, std::min<std::size_t>(written, room)}, step_count_);
}

std::vector<std::string> put_together(std::string_view pieces, std::uint32_t step_count) {
  std::vector<std::string> answers;
  TranscriptPiece piece;
  while (pieces.size() >= sizeof piece) {
    std::memcpy(&piece, pieces.data(), sizeof piece);
    pieces.remove_prefix(sizeof piece);
    if (piece.step >= step_count || piece.size > pieces.size()) break;
    if (answers.empty()) answers.resize(step_count);
    answers[piece.step] += pieces.substr(0, piece.size);
    pieces.remove_prefix(piece.size);
  }
  return answers;
}

std::uint64_t Script::unread_at(std::uint32_t step) const {
  return answers_ == nullptr ? 0 : answers_[step].unread;
}

bool Script::is_undelivered(std::uint32_t step) const {
  return answers_ != nullptr && answers_[step].undelivered != 0;
}

}  // namespace crashreel
