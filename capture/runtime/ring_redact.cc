#include "capture/runtime/ring_redact.h"

#include <errno.h>
#include <sys/mman.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crashreel.h"
#include "capture/runtime/redact.h"

namespace crashreel::ring {
namespace {

// A stranger's thread may have a small stack, and most of what holds a secret is short.
constexpr std::size_t kCopyOnStack = 1024;

void say_what_was_masked(std::uint32_t session, const redact::Ranges& ranges) {
  char text[redact::kMostMaskText];
  record_as_it_is(CRASHREEL_MASKED, session, text, redact::text_of(ranges, text));
}

void record_copy_on_stack(std::uint32_t kind, std::uint32_t session, const unsigned char* bytes,
                          const redact::Ranges& ranges, const char* key) {
  unsigned char copied[kCopyOnStack];
  redact::copy(ranges, redact::key(), bytes, 0, copied, ranges.size);
  record_as_it_is(kind, session, copied, ranges.size, key);
}

// False: there is no memory.
bool record_copy_on_pages(std::uint32_t kind, std::uint32_t session, const unsigned char* bytes,
                          const redact::Ranges& ranges, const char* key) {
  const int saved_errno = errno;
  void* pages =
      ::mmap(nullptr, ranges.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages != MAP_FAILED) {
    redact::copy(ranges, redact::key(), bytes, 0, static_cast<unsigned char*>(pages), ranges.size);
    record_as_it_is(kind, session, pages, ranges.size, key);
    ::munmap(pages, ranges.size);
  }
  errno = saved_errno;
  return pages != MAP_FAILED;
}

}  // namespace

void record_redacted(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                     const char* key) {
  if (bytes == nullptr) return record_as_it_is(kind, session, bytes, size, key);
  const auto* clear = static_cast<const unsigned char*>(bytes);
  redact::Ranges ranges;
  redact::judge_input(kind, session, clear, size, ranges);
  if (ranges.none()) return record_as_it_is(kind, session, bytes, size, key);
  if (!ranges.drops() && size > kCopyOnStack &&
      !record_copy_on_pages(kind, session, clear, ranges, key)) {
    ranges.add_all(ranges.list[0].rule, redact::Action::kDrop);
  }
  if (ranges.drops()) {
    record_as_it_is(kind, session, "", 0, key);
  } else if (size <= kCopyOnStack) {
    record_copy_on_stack(kind, session, clear, ranges, key);
  }
  say_what_was_masked(session, ranges);
}

}  // namespace crashreel::ring
