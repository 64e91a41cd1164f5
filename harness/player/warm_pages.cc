#include "harness/player/warm_pages.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"
#include "harness/player/proc_file.h"
#include "harness/player/script.h"

namespace crashreel::player {
namespace {

constexpr uintptr_t kPageBytes = 4096;
constexpr int kMaxRanges = 1024;
// Reserved address space, such as a sanitizer's shadow, is not looked through.
constexpr uintptr_t kMaxLookedBytes = 1ull << 30;
// Two copies are asked: what the second had no use for is not every copy's.
constexpr int kAsked = 2;
// Pages of Linux 5.14's madvise(2), which Debian 12's headers do not name yet.
constexpr int kPopulateRead = 22;
constexpr int kPopulateWrite = 23;
// proc(5), /proc/pid/pagemap.
constexpr uint64_t kPresent = 1ull << 63;
constexpr uint64_t kOfFile = 1ull << 61;
constexpr uint64_t kExclusive = 1ull << 56;

enum class Touch : uint32_t { kNone, kRead, kWritten };

struct Range {
  uintptr_t start;
  uint32_t pages;
  Touch touch;
};

// Shared by the fork server and its copies, which follow one another. A copy may have written
// anything there: the count is believed within bounds, and a wrong range is the kernel's to refuse.
struct Table {
  int asked;
  int count;
  Range ranges[kMaxRanges];
};

Table* table = nullptr;
Range found[kMaxRanges];
int found_count = 0;

// A page of a file is there only for who has looked; one of the fork server's memory is there for
// all until somebody writes, who then has it alone.
Touch touch_of(uint64_t entry) {
  if ((entry & kPresent) == 0) return Touch::kNone;
  if ((entry & kOfFile) != 0) return Touch::kRead;
  return (entry & kExclusive) != 0 ? Touch::kWritten : Touch::kNone;
}

void add(uintptr_t page, Touch touch) {
  Range* last = found_count == 0 ? nullptr : &found[found_count - 1];
  if (last != nullptr && last->touch == touch && last->start + last->pages * kPageBytes == page) {
    ++last->pages;
  } else if (found_count < kMaxRanges) {
    found[found_count++] = {page, 1, touch};
  }
}

void look(int pagemap, uintptr_t start, uintptr_t end) {
  uint64_t entries[512];
  while (start < end) {
    const uintptr_t pages = (end - start) / kPageBytes;
    const size_t wanted = (pages < 512 ? pages : 512) * sizeof entries[0];
    const long got =
        own_syscall(SYS_pread64, pagemap, entries, wanted, start / kPageBytes * sizeof entries[0]);
    if (got <= 0) return;
    const auto count = static_cast<size_t>(got) / sizeof entries[0];
    for (size_t i = 0; i < count; ++i, start += kPageBytes) {
      const Touch touch = touch_of(entries[i]);
      if (touch != Touch::kNone) add(start, touch);
    }
  }
}

// Lines of proc(5): "START-END rwxp OFFSET DEVICE INODE  NAME". What is shared is not copied, and
// what the kernel lends ("[vvar]", "[vdso]") is not memory.
void look_everywhere(int pagemap) {
  const char* line = read_proc_file("/proc/self/maps");
  while (*line != 0) {
    const char* end_of_line = ::strchr(line, '\n');
    if (end_of_line == nullptr) return;  // cut
    char* at = nullptr;
    const uintptr_t start = ::strtoull(line, &at, 16);
    const uintptr_t end = *at == '-' ? ::strtoull(at + 1, &at, 16) : start;
    const char* kernels = ::strstr(at, "[v");
    const bool wanted = at[0] == ' ' && at[1] == 'r' && at[4] == 'p' &&
                        (kernels == nullptr || kernels > end_of_line) &&
                        end - start <= kMaxLookedBytes;
    if (wanted) look(pagemap, start, end);
    line = end_of_line + 1;
  }
}

int range_count() {
  return table->count < 0 || table->count > kMaxRanges ? 0 : table->count;
}

void look_again(int pagemap) {
  for (int i = 0; i < range_count(); ++i) {
    const Range& range = table->ranges[i];
    look(pagemap, range.start, range.start + range.pages * kPageBytes);
  }
}

}  // namespace

void prepare_warm_pages() {
  if (table != nullptr) ::munmap(table, sizeof(Table));  // that of the server we came from
  table = nullptr;
  const auto fd = static_cast<int>(own_syscall(SYS_memfd_create, kScriptName, MFD_CLOEXEC));
  if (fd < 0) return;
  void* memory = MAP_FAILED;
  if (own_syscall(SYS_ftruncate, fd, sizeof(Table)) == 0) {
    memory = ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  own_syscall(SYS_close, fd);
  if (memory != MAP_FAILED) table = static_cast<Table*>(memory);
}

void warm_pages() {
  if (table == nullptr || table->asked < kAsked) return;
  for (int i = 0; i < range_count(); ++i) {
    const Range& range = table->ranges[i];
    const int advice = range.touch == Touch::kWritten ? kPopulateWrite : kPopulateRead;
    ::madvise(reinterpret_cast<void*>(range.start), range.pages * kPageBytes, advice);
  }
}

void note_touched_pages() {
  if (table == nullptr || table->asked >= kAsked) return;
  const long pagemap =
      own_syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return;
  found_count = 0;
  if (table->asked == 0) {
    look_everywhere(static_cast<int>(pagemap));
  } else {
    look_again(static_cast<int>(pagemap));
  }
  own_syscall(SYS_close, pagemap);
  ::memcpy(table->ranges, found, static_cast<size_t>(found_count) * sizeof found[0]);
  table->count = found_count;
  ++table->asked;
}

}  // namespace crashreel::player
