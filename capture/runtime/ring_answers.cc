#include "capture/runtime/ring_answers.h"

#include <sys/mman.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/output_digest.h"

namespace crashreel::ring {

// All zeros, as the kernel gives the memory: nobody's.
struct alignas(128) Answer {
  OutputDigest digest;
  std::uint32_t owner;    // session + 1
  std::uint16_t busy;     // somebody is at it
  std::uint16_t muddled;  // somebody else came meanwhile: the order of the bytes is not known
};
static_assert(sizeof(Answer) == 128);

constinit Answer* g_answers = nullptr;

namespace {

constexpr std::size_t kBytes = kAnswerPlaces * sizeof(Answer);

// A child of fork() must not tell its parent's answers a second time, hence the wiping.
Answer* prepare() {
  Answer* answers = __atomic_load_n(&g_answers, __ATOMIC_ACQUIRE);
  if (answers != nullptr) return answers;
  const KeepErrno keep;
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* fresh = static_cast<Answer*>(memory);
  if (::madvise(memory, kBytes, MADV_WIPEONFORK) == 0 &&
      __atomic_compare_exchange_n(&g_answers, &answers, fresh, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE)) {
    return fresh;
  }
  ::munmap(memory, kBytes);
  return answers;
}

// False, and the answer has no digest any more: somebody else is at it.
bool try_lock(Answer& answer) {
  if (__atomic_exchange_n(&answer.busy, std::uint16_t{1}, __ATOMIC_ACQUIRE) == 0) return true;
  __atomic_store_n(&answer.muddled, std::uint16_t{1}, __ATOMIC_RELAXED);
  return false;
}

void unlock(Answer& answer) {
  __atomic_store_n(&answer.busy, std::uint16_t{0}, __ATOMIC_RELEASE);
}

struct Told {
  std::uint32_t owner = 0;  // 0: there is nothing to tell
  std::uint64_t words[2] = {};
};

// Empties the place. Call with the lock.
[[gnu::hot]] Told take(Answer& answer) {
  Told told;
  const bool muddled = __atomic_exchange_n(&answer.muddled, std::uint16_t{0}, __ATOMIC_RELAXED);
  if (!muddled && !answer.digest.is_empty()) {
    told = {answer.owner, {answer.digest.value(), answer.digest.bytes()}};
  }
  answer.digest.reset();
  __atomic_store_n(&answer.owner, 0u, __ATOMIC_RELAXED);
  return told;
}

[[gnu::hot]] void tell(const Told& told) {
  if (told.owner == 0) return;
  unsigned char bytes[16];
  for (unsigned i = 0; i < sizeof bytes; ++i) {
    bytes[i] = static_cast<unsigned char>(told.words[i / 8] >> 8 * (i % 8));
  }
  crashreel_record_(CRASHREEL_DIGEST, told.owner - 1, bytes, sizeof bytes);
}

template <typename Add>
void change(std::uint32_t session, const Add& add) {
  if (session == CRASHREEL_NO_SESSION || !__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return;
  Answer* answers = prepare();
  if (answers == nullptr) return;
  Answer& answer = answers[session % kAnswerPlaces];
  if (!try_lock(answer)) return;
  Told pushed_out;
  if (answer.owner != session + 1) {
    pushed_out = take(answer);
    __atomic_store_n(&answer.owner, session + 1, __ATOMIC_RELAXED);
  }
  add(answer.digest);
  unlock(answer);
  tell(pushed_out);
}

}  // namespace

[[gnu::hot]] void add_answer(std::uint32_t session, const void* bytes, std::size_t size) {
  if (size == 0 || bytes == nullptr) return;
  change(session, [=](OutputDigest& digest) { digest.add(bytes, size); });
}

void add_unseen_answer(std::uint32_t session, std::uint64_t size) {
  if (size == 0) return;
  change(session, [=](OutputDigest& digest) { digest.add_unseen(size); });
}

[[gnu::hot]] void write_answer(std::uint32_t session) {
  Answer* answers = __atomic_load_n(&g_answers, __ATOMIC_ACQUIRE);
  if (answers == nullptr || session == CRASHREEL_NO_SESSION) return;
  Answer& answer = answers[session % kAnswerPlaces];
  if (__atomic_load_n(&answer.owner, __ATOMIC_RELAXED) != session + 1) return;
  if (!try_lock(answer)) return;
  // While we did not have the lock the place may have become another session's.
  const Told told = answer.owner == session + 1 ? take(answer) : Told();
  unlock(answer);
  tell(told);
}

}  // namespace crashreel::ring
