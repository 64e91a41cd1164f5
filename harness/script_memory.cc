// A layout in shared memory, as the player reads it.
#include <cstring>
#include <new>
#include <span>

#include "harness/sequence.h"

namespace crashreel {
namespace {

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
  auto memory = SharedMemory::create(answers_at + answers * sizeof(StepAnswer));
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
  header->mark_count = static_cast<std::uint32_t>(part.marks.size());
  header->marks_offset = marks_at;
  header->answer_bytes = part.answer_bytes;
  header->answer_digest = part.answer_digest;
  header->random_offset = random_at;
  header->random_count = static_cast<std::uint32_t>(drawn.size());
  header->first_key = part.from == 0 ? 0 : layout.steps[part.from - 1].key;
  header->random_seed = layout.random_seed;
  header->has_tls = layout.has_tls ? 1 : 0;
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
                answers != 0 ? first_answer : nullptr);
}

std::optional<AnswerDigest> Script::answer_to(std::uint32_t step) const {
  if (answers_ == nullptr || answers_[step].is_whole.load(std::memory_order_acquire) == 0) {
    return std::nullopt;
  }
  return AnswerDigest{.value = answers_[step].digest, .bytes = answers_[step].bytes};
}

std::uint64_t Script::unread_at(std::uint32_t step) const {
  return answers_ == nullptr ? 0 : answers_[step].unread;
}

}  // namespace crashreel
