// A place is in one of three conditions: at rest; *sending*, from begin_answer() on; and *noting*,
// for some nanoseconds, when the digest is one thread's alone. Whoever finds it noting leaves a
// flag and goes on. Whoever begins an answer while another one is on its way takes the place over:
// that is how a place comes free whose thread never returned. Where an input had come since the
// other began, that one still tells its digest, from a copy of what the place held; else the two
// have met, and the order of their bytes is not known. All of it is one word, changed by compare
// and swap, so that no flag comes too late to be seen; with each answer it becomes another one, so
// that who finds it as it was knows that nothing has happened.
#include "capture/runtime/ring_answers.h"

#include <string.h>
#include <sys/mman.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/hot_data.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/output_digest.h"
#include "capture/runtime/ring_clock.h"

namespace crashreel::ring {

// All zeros, as the kernel gives the memory: nobody's. What a short answer touches is one line.
struct alignas(128) Answer {
  std::uint32_t state;     // flags, and above them bits of the stamp of who sends, or sent last
  std::uint32_t owner;     // session + 1
  OutputDigest digest;     // of nothing unless kHasBytes says otherwise
  std::uint32_t meetings;  // of answers, so far
};
static_assert(sizeof(Answer) == 128);

CRASHREEL_HOT_DATA constinit Answer* g_answers = nullptr;

namespace {

constexpr std::uint32_t kSending = 1;
constexpr std::uint32_t kNoting = 2;
constexpr std::uint32_t kHasBytes = 4;  // since the session's last input
constexpr std::uint32_t kCame = 8;      // an input came that the digest belongs before
constexpr std::uint32_t kMuddled = 16;  // bytes are missing, or their order is not known
constexpr unsigned kFlagBits = 5;
constexpr std::uint32_t kFlags = (1u << kFlagBits) - 1;

constexpr std::size_t kBytes = kAnswerPlaces * sizeof(Answer);

// A child of fork() must not tell its parent's answers a second time, hence the wiping.
[[gnu::noinline]] Answer* prepare() {
  Answer* answers = nullptr;
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

constexpr std::uint32_t name_of(std::uint64_t stamp) {
  return static_cast<std::uint32_t>(stamp) << kFlagBits;
}

std::uint32_t state_of(const Answer& place) {
  return __atomic_load_n(&place.state, __ATOMIC_ACQUIRE);
}

std::uint32_t owner_of(const Answer& place) {
  return __atomic_load_n(&place.owner, __ATOMIC_RELAXED);
}

// `seen` is what there is where this fails.
bool swap_state(Answer& place, std::uint32_t& seen, std::uint32_t wanted) {
  return __atomic_compare_exchange_n(&place.state, &seen, wanted, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_ACQUIRE);
}

// No other answer has taken the place over.
bool is_held(const Sending& sending, std::uint32_t state) {
  return (state & ~kFlags) == name_of(sending.stamp) && (state & kSending) != 0;
}

void muddle(Answer& place) {
  __atomic_fetch_or(&place.state, kMuddled, __ATOMIC_RELAXED);
}

struct Told {
  std::uint32_t owner = 0;  // 0: there is nothing to tell
  std::uint64_t words[2] = {};
};

[[gnu::always_inline]] inline Told told_of(std::uint32_t owner, const OutputDigest& digest) {
  return {digest.is_empty() ? 0 : owner, {digest.value(), digest.bytes()}};
}

// Of a thread that is noting; `before`: the state in which it found the place.
CRASHREEL_HOT_CODE Told take(const Answer& place, std::uint32_t before) {
  if ((before & (kHasBytes | kMuddled)) != kHasBytes) return {};
  return told_of(place.owner, place.digest);
}

// `began`: 0: now.
CRASHREEL_HOT_CODE void tell(const Told& told, std::uint64_t began, std::uint64_t cycles = 0) {
  if (told.owner == 0) return;
  std::uint64_t words[2] = {told.words[0], told.words[1]};
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  for (std::uint64_t& word : words) word = __builtin_bswap64(word);
#endif
  if (began == 0) {
    record_now(CRASHREEL_DIGEST, told.owner - 1, words, sizeof words, cycles);
  } else {
    record_late(began, CRASHREEL_DIGEST, told.owner - 1, words, sizeof words);
  }
}

// The place was another session's. Whoever still sends in that one will find it gone. False: a
// thread is noting there.
[[gnu::noinline]] bool move_in(Answer& place, std::uint32_t owner) {
  std::uint32_t seen = state_of(place);
  do {
    if ((seen & kNoting) != 0) {
      muddle(place);
      return false;
    }
  } while (!swap_state(place, seen, kNoting));
  const Told pushed_out = (seen & kSending) == 0 ? take(place, seen) : Told();
  __atomic_store_n(&place.owner, owner, __ATOMIC_RELAXED);
  seen = kNoting;
  while (!swap_state(place, seen, name_of(read_stamp()) | (seen & kMuddled))) {
  }
  tell(pushed_out, 0);
  return true;
}

// Ends the noting, and tells the digest if an input came that it belongs before. `now`: which of
// the flags hold beside those that others leave.
CRASHREEL_HOT_CODE void leave(Answer& place, std::uint32_t now, std::uint64_t began) {
  Told told;
  std::uint32_t seen = state_of(place);
  std::uint32_t wanted;
  do {
    const bool came = (seen & kCame) != 0;
    if (came) told = take(place, now);
    // Who was turned away since the noting began has something to say after the input that came.
    wanted = (seen & (~kFlags | kMuddled)) | (came ? 0 : now & (kMuddled | kHasBytes));
  } while (!swap_state(place, seen, wanted));
  tell(told, began);
}

// What had been answered before, for the case that another answer takes the place over. False: one
// has done so already.
[[gnu::noinline]] bool copy_before(Sending& sending) {
  const Answer& place = *sending.place;
  for (std::size_t i = 0; i < sizeof sending.before / 8; ++i) {
    const auto* from = reinterpret_cast<const std::uint64_t*>(&place.digest) + i;
    reinterpret_cast<std::uint64_t*>(sending.before)[i] = __atomic_load_n(from, __ATOMIC_RELAXED);
  }
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return is_held(sending, state_of(place));
}

CRASHREEL_HOT_CODE void add(OutputDigest& digest, const void* bytes, std::size_t size) {
  digest.add(bytes, size);
}

inline void add(OutputDigest& digest, const iovec* parts, std::size_t count, std::size_t left) {
  for (std::size_t i = 0; i < count && left > 0; ++i) {
    const std::size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;
    add(digest, parts[i].iov_base, part);
    left -= part;
  }
}

template <typename Add>
[[gnu::noinline]] void end_elsewhere(const Sending& sending, const Add& add) {
  const std::uint32_t meetings = __atomic_load_n(&sending.place->meetings, __ATOMIC_ACQUIRE);
  if (sending.is_muddled || sending.meetings != meetings) return;
  OutputDigest digest;
  if (sending.has_before) ::memcpy(&digest, sending.before, sizeof digest);
  add(digest);
  tell(told_of(sending.owner, digest), sending.stamp);
}

template <typename Add>
[[gnu::always_inline]] inline void end(const Sending& sending, const Add& add) {
  if (sending.place == nullptr) return;
  Answer& place = *sending.place;
  for (std::uint32_t seen = state_of(place); is_held(sending, seen);) {
    if (!swap_state(place, seen, (seen & (~kFlags | kCame)) | kNoting)) continue;
    if ((seen & kHasBytes) == 0) place.digest.reset();
    add(place.digest);
    const std::uint32_t has_bytes = place.digest.is_empty() ? 0 : kHasBytes;
    return leave(place, (seen & kMuddled) | has_bytes, sending.stamp);
  }
  end_elsewhere(sending, add);
}

}  // namespace

CRASHREEL_HOT_CODE void begin_answer(std::uint32_t session, Sending& sending) {
  sending.place = nullptr;
  if (session == CRASHREEL_NO_SESSION || !__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return;
  Answer* answers = __atomic_load_n(&g_answers, __ATOMIC_ACQUIRE);
  if (answers == nullptr && (answers = prepare()) == nullptr) return;
  Answer& place = answers[session % kAnswerPlaces];
  if (owner_of(place) != session + 1 && !move_in(place, session + 1)) return;
  // Counts of what happens from here on.
  sending.meetings = __atomic_load_n(&place.meetings, __ATOMIC_ACQUIRE);
  sending.stamp = read_stamp();
  sending.owner = session + 1;
  std::uint32_t seen = state_of(place);
  std::uint32_t wanted;
  do {
    if ((seen & kNoting) != 0) return muddle(place);
    const bool is_first = (seen & kCame) != 0;  // since the input that came
    const bool meets = (seen & kSending) != 0 && (!is_first || (seen & kMuddled) != 0);
    if (meets) __atomic_fetch_add(&place.meetings, 1u, __ATOMIC_SEQ_CST);
    wanted = name_of(sending.stamp) | kSending | (is_first ? 0 : seen & kHasBytes) |
             (meets ? kMuddled : seen & kMuddled);
  } while (!swap_state(place, seen, wanted));
  sending.place = &place;
  sending.has_before = (wanted & kHasBytes) != 0;
  sending.is_muddled = (wanted & kMuddled) != 0 || (sending.has_before && !copy_before(sending));
}

CRASHREEL_HOT_CODE void end_answer(const Sending& sending, const void* bytes, std::size_t sent) {
  end(sending, [=](OutputDigest& digest) { add(digest, bytes, sent); });
}

CRASHREEL_WARM_CODE void end_answer(const Sending& sending, const iovec* parts, std::size_t count,
                                    std::size_t sent) {
  end(sending, [=](OutputDigest& digest) { add(digest, parts, count, sent); });
}

void end_answer(const Sending& sending, const mmsghdr* messages, std::size_t count) {
  end(sending, [=](OutputDigest& digest) {
    for (std::size_t i = 0; i < count; ++i) {
      const msghdr& message = messages[i].msg_hdr;
      add(digest, message.msg_iov, message.msg_iovlen, messages[i].msg_len);
    }
  });
}

void end_unseen_answer(const Sending& sending, std::size_t sent) {
  end(sending, [=](OutputDigest& digest) { digest.add_unseen(sent); });
}

// Reads the digest before it is taken: if the state is still the same then, whatever it was read
// from was.
CRASHREEL_HOT_CODE void write_answer(std::uint32_t session, std::uint64_t cycles) {
  Answer* answers = __atomic_load_n(&g_answers, __ATOMIC_ACQUIRE);
  if (answers == nullptr || session == CRASHREEL_NO_SESSION) return;
  Answer& place = answers[session % kAnswerPlaces];
  std::uint32_t seen = state_of(place);
  Told told;
  std::uint32_t wanted;
  do {
    if (owner_of(place) != session + 1) return;
    const bool is_left_to_another = (seen & (kSending | kNoting)) != 0;
    if (is_left_to_another ? (seen & kCame) != 0 : (seen & (kHasBytes | kMuddled)) == 0) return;
    wanted = is_left_to_another ? seen | kCame : seen & ~kFlags;
    told = is_left_to_another ? Told() : take(place, seen);
  } while (!swap_state(place, seen, wanted));
  tell(told, 0, cycles);
}

}  // namespace crashreel::ring
