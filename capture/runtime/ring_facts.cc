// What salvage must know of the program to start it again.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/runtime/redact.h"
#include "capture/runtime/ring.h"

namespace crashreel::ring {
namespace {

// Facts are added at start, so two threads seldom meet here; one that is interrupted by a handler
// which adds a fact must not be waited for.
constexpr int kLockTries = 2000;

bool lock_facts(Superblock& super) {
  for (int i = 0; i < kLockTries; ++i) {
    if (__atomic_exchange_n(&super.facts_lock, 1u, __ATOMIC_ACQUIRE) == 0) return true;
  }
  return false;
}

void unlock_facts(Superblock& super) {
  __atomic_store_n(&super.facts_lock, 0u, __ATOMIC_RELEASE);
}

// True when a part of it was masked.
bool append(unsigned char*& at, const Part& part) {
  unsigned char* const to = at;
  at += part.size;
  if (part.size == 0) return false;
  if (part.is_ours || !redact::is_active()) {
    ::memcpy(to, part.bytes, part.size);
    return false;
  }
  const auto* bytes = static_cast<const unsigned char*>(part.bytes);
  redact::Ranges ranges;
  redact::judge_fact(bytes, part.size, ranges);
  redact::copy(ranges, redact::key(), bytes, 0, to, part.size);
  return !ranges.none();
}

void add_text(Fact kind, const char* text) {
  add_fact(kind, {text, ::strlen(text)});
}

// One fact per NUL-terminated argument. Read into pages of the size of the facts region: what does
// not fit there would find no room among the facts either.
void add_arguments() {
  const int fd = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const std::size_t room = g_ring.super->facts_bytes;
  void* pages = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages != MAP_FAILED) {
    auto* text = static_cast<char*>(pages);
    std::size_t size = 0;
    ssize_t got = 0;
    while (size < room && (got = ::read(fd, text + size, room - size)) > 0) {
      size += static_cast<std::size_t>(got);
    }
    for (std::size_t at = 0; at < size;) {
      const std::size_t length = ::strnlen(text + at, size - at);
      add_fact(Fact::kArgument, {text + at, length});
      at += length + 1;
    }
    ::munmap(pages, room);
  }
  ::close(fd);
}

// Is `name` one of the names in a comma-separated list?
bool listed(const char* list, const char* name, std::size_t length) {
  while (list != nullptr && *list != '\0') {
    const char* end = ::strchrnul(list, ',');
    const auto size = static_cast<std::size_t>(end - list);
    if (size == length && ::memcmp(list, name, length) == 0) return true;
    list = *end == ',' ? end + 1 : end;
  }
  return false;
}

void add_environment() {
  const char* more = ::getenv("CRASHREEL_ENV");
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* equals = ::strchr(*entry, '=');
    if (equals == nullptr) continue;
    const auto length = static_cast<std::size_t>(equals - *entry);
    if (::strncmp(*entry, "LC_", 3) == 0 || listed("PATH,HOME,LANG,TZ", *entry, length) ||
        listed(more, *entry, length)) {
      add_text(Fact::kEnvironment, *entry);
    }
  }
}

// Finds the GNU build id in one segment of notes.
bool add_build_id_of(const unsigned char* notes, std::size_t size) {
  std::size_t at = 0;
  while (size - at >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    ::memcpy(&note, notes + at, sizeof note);
    const std::size_t name = at + sizeof note;
    const std::size_t desc = name + ((note.n_namesz + 3u) & ~std::size_t{3});
    const std::size_t next = desc + ((note.n_descsz + 3u) & ~std::size_t{3});
    if (next > size || next < at) return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        ::memcmp(notes + name, "GNU", 4) == 0) {
      add_fact(Fact::kBuildId, {notes + desc, note.n_descsz, true});
      return true;
    }
    at = next;
  }
  return false;
}

// The first object that the loader lists is the executable.
int visit_executable(dl_phdr_info* info, std::size_t, void*) {
  for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const unsigned char*>(info->dlpi_addr + segment.p_vaddr);
    if (add_build_id_of(notes, segment.p_memsz)) break;
  }
  return 1;
}

}  // namespace

int add_fact(Fact kind, Part first, Part second, Part third) {
  Superblock* super = g_ring.super;
  if (super == nullptr) return ENOSYS;
  const std::uint64_t room = super->facts_bytes;
  // Each alone first, so that the sum can't wrap.
  if (first.size > room || second.size > room || third.size > room) {
    __atomic_fetch_add(&super->facts_refused, 1u, __ATOMIC_RELAXED);
    return ENOSPC;
  }
  const std::uint64_t size = first.size + second.size + third.size;
  if (!lock_facts(*super)) return EBUSY;
  const std::uint64_t at = super->facts_committed;
  const std::uint64_t end = at + sizeof(FactHeader) + padded(size);
  if (end > room) {
    unlock_facts(*super);
    __atomic_fetch_add(&super->facts_refused, 1u, __ATOMIC_RELAXED);
    return ENOSPC;
  }
  unsigned char* entry = g_ring.base + super->facts_offset + at;
  unsigned char* payload = entry + sizeof(FactHeader);
  unsigned char* end_of_payload = payload;
  bool masked = append(end_of_payload, first);
  masked |= append(end_of_payload, second);
  masked |= append(end_of_payload, third);
  FactHeader header{static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(size), 0, 0};
  header.crc = crc_of(header, payload);
  ::memcpy(entry, &header, sizeof header);
  __atomic_store_n(&super->facts_committed, end, __ATOMIC_RELEASE);
  unlock_facts(*super);
  const auto number = static_cast<std::uint32_t>(kind);
  return masked ? add_fact(Fact::kMaskedFact, {&number, sizeof number, true}) : 0;
}

void add_redaction_fact() {
  if (!redact::is_active()) return;
  char text[redact::kMostRulesText];
  add_fact(Fact::kRedaction, {text, redact::rules_text(text), true});
}

void add_program_facts() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length > 0) add_fact(Fact::kExecutable, {path, static_cast<std::size_t>(length)});
  if (::getcwd(path, sizeof path) != nullptr) add_text(Fact::kWorkingDirectory, path);
  ::dl_iterate_phdr(visit_executable, nullptr);
  add_arguments();
  add_environment();
}

}  // namespace crashreel::ring
