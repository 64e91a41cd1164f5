// The functions of crashreel.h that are not the record path. In one file: who links the archive
// names crashreel_start_ alone, and has all the others with it.
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crash_region.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/fatal_signals.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/put_text.h"
#include "capture/runtime/redact.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_answers.h"
#include "capture/runtime/ring_asked.h"

namespace crashreel::ring {
namespace {

bool g_started = false;
std::uint32_t g_sessions_without_ring = 0;

// 0 or errno. Nothing may be recorded in clear because its rules could not be read.
int prepare_redaction(const crashreel_options& asked) {
  redact::Plan plan{asked.redact_rules, asked.redact_key, asked.redact, asked.redact_context};
  if (plan.rules == nullptr) plan.rules = ::getenv("CRASHREEL_REDACT");
  if (plan.key == nullptr) plan.key = ::getenv("CRASHREEL_REDACT_KEY");
  return redact::prepare(plan);
}

// The caller's struct may be older (shorter) than ours, never longer.
bool read_options(const crashreel_options* from, crashreel_options* options) {
  if (from == nullptr) return true;
  if (from->struct_size < sizeof from->struct_size || from->struct_size > sizeof *options) {
    return false;
  }
  ::memcpy(options, from, from->struct_size);
  return true;
}

// The last act of a start: from here on the ring can be recognised, and records go into it.
void publish() {
  std::uint64_t magic = 0;
  ::memcpy(&magic, kMagic.data(), sizeof magic);
  auto* place = reinterpret_cast<std::uint64_t*>(g_ring.super->magic.data());
  __atomic_store_n(place, magic, __ATOMIC_RELEASE);
  __atomic_store_n(&g_ring.active, true, __ATOMIC_RELEASE);
  __atomic_store_n(g_ring.epoch, g_ring.super->pid, __ATOMIC_RELEASE);
  if (!redact::is_active()) __atomic_store_n(&g_ring.depths, kDepths, __ATOMIC_RELEASE);
}

// Of the last input that this thread took in; CRASHREEL_NO_SESSION where it took in none.
std::uint32_t session_in_flight() {
  return t_thread.in_flight - 1;
}

// Reads one chunk's sums while its owner goes on: the commit word tells whether they fit together.
bool sum_chunk(const ChunkHeader& chunk, crashreel_stats* sums) {
  const std::uint64_t before = __atomic_load_n(&chunk.commit, __ATOMIC_ACQUIRE);
  const CommitWord word = unpack(before);
  if (word.generation == 0) return true;
  const Bank bank = chunk.banks[word.generation & 1];
  const Totals totals = word.records != 0 ? chunk.totals[word.records & 1] : Totals{};
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  const CommitWord after = unpack(__atomic_load_n(&chunk.commit, __ATOMIC_RELAXED));
  // One record later, the copies that were read are still the old ones, untouched.
  if (after.generation != word.generation || after.records > word.records + 1) return false;
  sums->inputs += bank.lost_inputs + totals.inputs;
  sums->bytes += bank.lost_bytes + totals.bytes;
  return true;
}

}  // namespace
}  // namespace crashreel::ring

using crashreel::kMostDigits;
using crashreel::put_decimal;
using namespace crashreel::ring;

int crashreel_start_(const crashreel_options* options) {
  crashreel_options asked = CRASHREEL_OPTIONS_INIT;
  if (!read_options(options, &asked)) return EINVAL;
  if (__atomic_exchange_n(&g_started, true, __ATOMIC_ACQ_REL)) return EALREADY;
  const int saved_errno = errno;
  int trouble = prepare_redaction(asked);
  if (trouble == 0) trouble = create_as_asked(asked);
  if (trouble == 0) {
    add_redaction_fact();
    add_program_facts();
    publish();
    watch_sanitizer();
    // They are found in a copy of the stack, which holds whatever the program had in its hands.
    if (wants_frames(asked) && !crashreel::redact::is_active()) watch_fatal_signals();
  } else {
    __atomic_store_n(&g_started, false, __ATOMIC_RELEASE);
  }
  errno = saved_errno;
  return trouble;
}

std::uint32_t crashreel_new_session_(void) {
  const bool ring = __atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE);
  std::uint32_t& next = ring ? g_ring.super->sessions : g_sessions_without_ring;
  std::uint32_t number = 0;
  do {
    number = __atomic_fetch_add(&next, 1u, __ATOMIC_RELAXED);
  } while (number == CRASHREEL_NO_SESSION);
  return number;
}

int crashreel_add_file_(const char* path, std::uint32_t mode, const void* bytes, std::size_t size) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return ENOSYS;
  if (path == nullptr || (bytes == nullptr && size != 0)) return EINVAL;
  const std::size_t length = ::strlen(path);
  if (length > UINT16_MAX) return ENAMETOOLONG;
  const std::uint32_t head[2] = {mode, static_cast<std::uint32_t>(length)};
  return add_fact(Fact::kFile, {head, sizeof head, true}, {path, length}, {bytes, size});
}

void crashreel_clock_(std::uint32_t clock, std::uint64_t nanoseconds) {
  char text[2 * kMostDigits + 1];
  char* end = put_decimal(text, nanoseconds);
  *end++ = ' ';
  end = put_decimal(end, clock);
  crashreel_record_(CRASHREEL_CLOCK, session_in_flight(), text,
                    static_cast<std::size_t>(end - text));
}

void crashreel_random_(const void* bytes, std::size_t size) {
  crashreel_record_(CRASHREEL_RANDOM, session_in_flight(), bytes, size);
}

void crashreel_signal_(std::uint32_t number) {
  char text[kMostDigits];
  const char* end = put_decimal(text, number);
  crashreel_record_(CRASHREEL_SIGNAL, CRASHREEL_NO_SESSION, text,
                    static_cast<std::size_t>(end - text));
}

void crashreel_digest_(std::uint32_t session, const void* bytes, std::size_t size) {
  if (bytes == nullptr || size == 0) return;
  Sending sending;
  begin_answer(session, sending);
  end_answer(sending, bytes, size);
}

int crashreel_get_stats_(crashreel_stats* stats) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return ENOSYS;
  if (stats == nullptr || stats->struct_size < sizeof stats->struct_size) return EINVAL;
  crashreel_stats sums = {sizeof sums, 0, 0, 0, g_ring.super->ring_bytes};
  const std::uint32_t count = g_ring.prelude_chunks + g_ring.pool_chunks;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& chunk = *reinterpret_cast<const ChunkHeader*>(
        g_ring.chunks + std::uint64_t{i} * g_ring.chunk_bytes);
    // A chunk that changes at each of these tries is being written faster than anyone can count.
    for (int tries = 0; tries < 100 && !sum_chunk(chunk, &sums); ++tries) continue;
  }
  sums.dropped = __atomic_load_n(&g_ring.super->dropped, __ATOMIC_RELAXED);
  const std::size_t wanted = stats->struct_size < sizeof sums ? stats->struct_size : sizeof sums;
  sums.struct_size = stats->struct_size;
  ::memcpy(stats, &sums, wanted);
  return 0;
}

// Whoever stands by sleeps on the word in the ring: no descriptor, thread or signal of this process
// is needed, and a forked child may ask as well.
int crashreel_save_now_(void) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return ENOSYS;
  Superblock& super = *g_ring.super;
  const int saved_errno = errno;
  __atomic_fetch_add(&super.saves_asked, 1u, __ATOMIC_RELEASE);
  const long woken = ::syscall(SYS_futex, &super.saves_asked, FUTEX_WAKE, INT32_MAX);
  int result = 0;
  if (woken <= 0) {
    // Nobody, or somebody who is busy with an earlier request and looks again afterwards.
    const std::uint32_t attendant = __atomic_load_n(&super.attendant_pid, __ATOMIC_ACQUIRE);
    const bool is_there =
        attendant != 0 && (::syscall(SYS_kill, attendant, 0) == 0 || errno == EPERM);
    if (!is_there) result = ESRCH;
  }
  errno = saved_errno;
  return result;
}

int crashreel_check_rules_(const char* rules, char* text, std::size_t capacity) {
  if (rules == nullptr) return 0;
  const crashreel::KeepErrno keep;
  // Not on the stack of whoever asks: a rule is a third of a kilobyte.
  void* page = ::mmap(nullptr, sizeof(crashreel::redact::Rules), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno;
  auto* parsed = static_cast<crashreel::redact::Rules*>(page);
  crashreel::redact::Complaint complaint;
  const bool good =
      crashreel::redact::parse_rules(rules, ::strlen(rules), false, *parsed, complaint);
  if (!good && text != nullptr) crashreel::redact::complaint_text(complaint, text, capacity);
  ::munmap(page, sizeof(crashreel::redact::Rules));
  return good ? 0 : EINVAL;
}

int crashreel_flush_(void) {
  if (!__atomic_load_n(&g_ring.active, __ATOMIC_ACQUIRE)) return ENOSYS;
  const int saved_errno = errno;
  const int trouble = ::msync(g_ring.base, g_ring.super->ring_bytes, MS_SYNC) != 0 ? errno : 0;
  errno = saved_errno;
  return trouble;
}

// Other threads may be inside a record, so the mapping stays.
void crashreel_stop_(void) {
  bool active = true;
  if (!__atomic_compare_exchange_n(&g_ring.active, &active, false, false, __ATOMIC_SEQ_CST,
                                   __ATOMIC_RELAXED)) {
    return;
  }
  __atomic_store_n(g_ring.epoch, 0u, __ATOMIC_SEQ_CST);
  const auto pid = static_cast<std::uint32_t>(::syscall(SYS_getpid));
  __atomic_store_n(&g_ring.super->stopped_pid, pid, __ATOMIC_RELEASE);
}
