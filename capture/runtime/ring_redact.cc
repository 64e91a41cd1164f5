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

// One input of which not all may be kept.
class Redacted {
 public:
  Redacted(std::uint32_t kind, std::uint32_t session, const char* key, redact::Ranges& ranges)
      : kind_(kind), session_(session), key_(key), ranges_(ranges) {}

  void record(const unsigned char* clear) {
    if (ranges_.drops()) return record_copy("", 0);
    if (ranges_.size <= kCopyOnStack) return record_on_stack(clear);
    if (record_on_pages(clear)) return;
    ranges_.add_all(ranges_.list[0].rule, redact::Action::kDrop);
    record_copy("", 0);
  }

 private:
  void record_copy(const void* copied, std::size_t size) {
    char masks[redact::kMostMaskText];
    record_with_masks(kind_, session_, copied, size, key_, masks, redact::text_of(ranges_, masks));
  }

  [[gnu::noinline]] void record_on_stack(const unsigned char* clear) {
    unsigned char copied[kCopyOnStack];
    redact::copy(ranges_, redact::key(), clear, 0, copied, ranges_.size);
    record_copy(copied, ranges_.size);
  }

  // False: there is no memory.
  bool record_on_pages(const unsigned char* clear) {
    const int saved_errno = errno;
    const std::size_t size = ranges_.size;
    void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages != MAP_FAILED) {
      redact::copy(ranges_, redact::key(), clear, 0, static_cast<unsigned char*>(pages), size);
      record_copy(pages, size);
      ::munmap(pages, size);
    }
    errno = saved_errno;
    return pages != MAP_FAILED;
  }

  std::uint32_t kind_;
  std::uint32_t session_;
  const char* key_;
  redact::Ranges& ranges_;
};

}  // namespace

void record_redacted(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                     const char* key) {
  if (bytes == nullptr) return record_as_it_is(kind, session, bytes, size, key);
  const auto* clear = static_cast<const unsigned char*>(bytes);
  redact::Ranges ranges;
  redact::judge_input(kind, session, clear, size, ranges);
  if (ranges.none()) return record_as_it_is(kind, session, bytes, size, key);
  Redacted(kind, session, key, ranges).record(clear);
}

}  // namespace crashreel::ring
