#include "capture/runtime/redact.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace crashreel::redact {
namespace {

// Which rule each session's opening asked for: the session in the low half, one more than the
// number of the rule in the high half. 0: no session with this index has opened. A session keeps
// its place until one with the same index opens, a quarter of a million sessions later as
// crashreel_new_session() counts.
constexpr std::uint32_t kSessionPlaces = 1u << 18;

struct Process {
  Rules rules;
  Key key;
  crashreel_redact_hook hook = nullptr;
  void* context = nullptr;
  std::uint64_t* sessions = nullptr;  // null: no rule is for sessions
  std::uint32_t session_rule = 0;     // the first of these; numbers are from 1
  bool active = false;
};

constinit Process g_process;

std::uint64_t& place_of(std::uint32_t session) {
  return g_process.sessions[session % kSessionPlaces];
}

void session_opened(std::uint32_t session, const char* opening, std::size_t size) {
  std::uint64_t number = 0;
  for (std::uint32_t i = 0; i < g_process.rules.count && number == 0; ++i) {
    const Rule& rule = g_process.rules.list[i];
    if (rule.where == Where::kSession && session_fits(rule, opening, size)) number = i + 1;
  }
  __atomic_store_n(&place_of(session), (number + 1) << 32 | session, __ATOMIC_RELAXED);
}

// 0: none. A session that has lost its place to a newer one gets the first of the rules: what can't
// be known must not be written down.
std::uint32_t rule_of(std::uint32_t session) {
  const std::uint64_t place = __atomic_load_n(&place_of(session), __ATOMIC_RELAXED);
  if (place == 0) return 0;
  if (static_cast<std::uint32_t>(place) != session) return g_process.session_rule;
  return static_cast<std::uint32_t>(place >> 32) - 1;
}

void ask_hook(std::uint32_t kind, std::uint32_t session, const unsigned char* bytes,
              std::size_t size, Ranges& ranges) {
  crashreel_range said[kMostRanges];
  const std::size_t count =
      g_process.hook(g_process.context, kind, session, bytes, size, said, kMostRanges);
  if (count > kMostRanges) return ranges.add_all(0, Action::kMask);
  for (std::size_t i = 0; i < count; ++i) {
    const bool known = said[i].action >= CRASHREEL_MASK && said[i].action <= CRASHREEL_DROP;
    const auto action = known ? static_cast<Action>(said[i].action) : Action::kMask;
    const std::size_t begin = said[i].begin < size ? said[i].begin : size;
    const std::size_t most = size - begin;
    ranges.add(begin, begin + (said[i].size < most ? said[i].size : most), 0, action);
  }
}

bool may_hold_secrets(std::uint32_t kind) {
  return kind == CRASHREEL_OPEN || kind == CRASHREEL_DATA || kind == CRASHREEL_RANDOM ||
         kind == CRASHREEL_NOTE;
}

int prepare_key(const char* phrase) {
  if (phrase != nullptr && *phrase != '\0') {
    g_process.key = key_of(phrase, ::strlen(phrase));
    return 0;
  }
  const long got = ::syscall(SYS_getrandom, &g_process.key, sizeof g_process.key, 0);
  return got == sizeof g_process.key ? 0 : got < 0 ? errno : EIO;
}

// Shared, because a session may be opened before a fork and speak after it.
int prepare_sessions() {
  for (std::uint32_t i = g_process.rules.count; i-- > 0;) {
    if (g_process.rules.list[i].where == Where::kSession) g_process.session_rule = i + 1;
  }
  if (g_process.session_rule == 0) return 0;
  void* table = ::mmap(nullptr, kSessionPlaces * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED) return errno;
  g_process.sessions = static_cast<std::uint64_t*>(table);
  return 0;
}

void forget() {
  if (g_process.sessions != nullptr) {
    ::munmap(g_process.sessions, kSessionPlaces * sizeof(std::uint64_t));
  }
  g_process.rules.count = 0;
  g_process.hook = nullptr;
  g_process.sessions = nullptr;
  g_process.session_rule = 0;
  g_process.active = false;
}

char* put(char* at, const char* text) {
  const std::size_t size = ::strlen(text);
  ::memcpy(at, text, size);
  return at + size;
}

char* put_small_number(char* at, std::uint32_t value) {
  if (value >= 10) *at++ = static_cast<char>('0' + value / 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

}  // namespace

int prepare(const Plan& plan) {
  forget();
  if (plan.rules != nullptr) {
    Complaint complaint;
    if (!parse_rules(plan.rules, ::strlen(plan.rules), false, g_process.rules, complaint)) {
      forget();
      return EINVAL;
    }
  }
  if (g_process.rules.count == 0 && plan.hook == nullptr) return 0;
  int trouble = prepare_key(plan.key);
  if (trouble == 0) trouble = prepare_sessions();
  if (trouble != 0) {
    forget();
    return trouble;
  }
  g_process.hook = plan.hook;
  g_process.context = plan.context;
  g_process.active = true;
  return 0;
}

bool is_active() {
  return g_process.active;
}

const Key& key() {
  return g_process.key;
}

void judge_input(std::uint32_t kind, std::uint32_t session, const unsigned char* bytes,
                 std::size_t size, Ranges& ranges) {
  ranges.count = 0;
  ranges.size = size;
  const bool has_sessions = g_process.sessions != nullptr && session != CRASHREEL_NO_SESSION;
  if (kind == CRASHREEL_OPEN && has_sessions) {
    session_opened(session, reinterpret_cast<const char*>(bytes), size);
  }
  if (!may_hold_secrets(kind) || size == 0) return;
  const bool is_speech = kind == CRASHREEL_DATA || kind == CRASHREEL_NOTE;
  const std::uint32_t rule = has_sessions && is_speech ? rule_of(session) : 0;
  if (rule != 0) {
    ranges.add_all(rule, g_process.rules.list[rule - 1].action);
  } else {
    find(g_process.rules, bytes, ranges);
    if (g_process.hook != nullptr && !ranges.drops()) ask_hook(kind, session, bytes, size, ranges);
  }
  seal(g_process.key, bytes, ranges);
}

void judge_fact(const unsigned char* bytes, std::size_t size, Ranges& ranges) {
  ranges.count = 0;
  ranges.size = size;
  find(g_process.rules, bytes, ranges);
  if (ranges.drops()) ranges.list[0].action = Action::kMask;
  seal(g_process.key, bytes, ranges);
}

std::size_t rules_text(char (&text)[kMostRulesText]) {
  char* at = text;
  for (std::uint32_t i = 0; i < g_process.rules.count; ++i) {
    char name[kMostRuleName];
    const std::size_t size = name_of(g_process.rules.list[i], name);
    at = put_small_number(at, i + 1);
    *at++ = ' ';
    ::memcpy(at, name, size);
    at += size;
    *at++ = '\n';
  }
  if (g_process.hook != nullptr) at = put(at, "0 hook\n");
  return static_cast<std::size_t>(at - text);
}

std::size_t complaint_text(const Complaint& complaint, char* text, std::size_t capacity) {
  constexpr std::size_t kMostNumbers = 64;
  char numbers[kMostNumbers];
  char* at = put(numbers, "redaction rule in line ");
  const auto add = [&at](std::uint32_t number) {
    char digits[10];
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count != 0) *at++ = digits[--count];
  };
  add(complaint.line);
  at = put(at, ", column ");
  add(complaint.column);
  at = put(at, ": ");
  const auto size = static_cast<std::size_t>(at - numbers);
  const std::size_t what = ::strlen(complaint.what);
  if (capacity == 0) return 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < size + what && length + 1 < capacity; ++i) {
    text[length++] = i < size ? numbers[i] : complaint.what[i - size];
  }
  text[length] = '\0';
  return length;
}

}  // namespace crashreel::redact
