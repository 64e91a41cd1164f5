#include "harness/player/step_answers.h"

#include <string.h>
#include <sys/mman.h>

#include "capture/runtime/output_digest.h"

namespace crashreel::player {
namespace {

// All zeros, as the kernel gives the memory: no step has been performed.
struct Answering {
  OutputDigest digest;
  std::uint32_t step;  // its number + 1
};

StepAnswer* answers = nullptr;  // the script's, by step; null: nobody wants to know
Answering* answering = nullptr;
std::uint32_t count = 0;
ScriptHeader* script = nullptr;

void write_down(std::uint32_t step, const char* bytes, std::size_t size) {
  const std::uint64_t at = script->transcript_size.load(std::memory_order_relaxed);
  const TranscriptPiece piece = {step, static_cast<std::uint32_t>(size)};
  if (at > script->transcript_room || script->transcript_room - at < sizeof piece + size) {
    script->transcript_room = at;
    return;
  }
  char* const to = reinterpret_cast<char*>(script) + script->transcript_offset + at;
  ::memcpy(to, &piece, sizeof piece);
  ::memcpy(to + sizeof piece, bytes, size);
  script->transcript_size.store(at + sizeof piece + size, std::memory_order_release);
}

}  // namespace

bool prepare_step_answers(ScriptHeader* given, std::uint32_t session_count) {
  if (answering != nullptr) ::munmap(answering, (count + 1) * sizeof(Answering));
  answering = nullptr;
  answers = nullptr;
  script = given;
  if (script->answers_offset == 0) return true;
  count = session_count;
  void* memory = ::mmap(nullptr, (count + 1) * sizeof(Answering), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  answering = static_cast<Answering*>(memory);
  answers = reinterpret_cast<StepAnswer*>(reinterpret_cast<char*>(script) + script->answers_offset);
  return true;
}

bool keeping_step_answers() {
  return answers != nullptr;
}

void begin_step_answer(std::uint32_t session, std::uint32_t step) {
  end_step_answer(session);
  answering[session].step = step + 1;
}

bool is_at_step(std::uint32_t session, std::uint32_t step) {
  return answering[session].step == step + 1;
}

void step_answered(std::uint32_t session, const char* bytes, std::size_t size) {
  if (answers == nullptr) return;
  answering[session].digest.add(bytes, size);
  if (answering[session].step != 0) write_down(answering[session].step - 1, bytes, size);
}

void note_unread(std::uint32_t session, std::uint64_t bytes) {
  if (answering[session].step != 0) answers[answering[session].step - 1].unread += bytes;
}

void note_step_undelivered(std::uint32_t step) {
  answers[step].undelivered = 1;
}

void end_step_answer(std::uint32_t session) {
  if (answers == nullptr || answering[session].step == 0) return;
  Answering& last = answering[session];
  StepAnswer& answer = answers[last.step - 1];
  answer.bytes = last.digest.bytes();
  answer.digest = last.digest.value();
  answer.is_whole.store(1, std::memory_order_release);
  last.digest.reset();
  last.step = 0;
}

void end_step_answers() {
  if (answers == nullptr) return;
  for (std::uint32_t session = 0; session < count; ++session) end_step_answer(session);
}

}  // namespace crashreel::player
