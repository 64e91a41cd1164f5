#include "harness/player/memory_image.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/proc_file.h"

namespace crashreel::player {
namespace {

constexpr std::uintptr_t kPageBytes = 4096;
// Address space that is reserved, as a sanitizer's shadow is, takes too long to look through.
constexpr std::uintptr_t kMostLooked = 256ull << 20;
// proc(5), /proc/pid/pagemap.
constexpr std::uint64_t kPresent = 1ull << 63;
constexpr std::uint64_t kSwapped = 1ull << 62;

std::uintptr_t smaller(std::uintptr_t a, std::uintptr_t b) {
  return a < b ? a : b;
}

bool is_named(const char* at, const char* end_of_line, const char* name) {
  const char* found = ::strstr(at, name);
  return found != nullptr && found < end_of_line;
}

// "START-END rwxp OFFSET DEVICE INODE  NAME". The next line; null: this one is cut.
const char* parse(const char* line, Mapping* mapping) {
  const char* end_of_line = ::strchr(line, '\n');
  if (end_of_line == nullptr) return nullptr;
  char* at = nullptr;
  mapping->start = ::strtoull(line, &at, 16);
  mapping->end = ::strtoull(at + 1, &at, 16);
  ::memcpy(mapping->permissions, at + 1, sizeof mapping->permissions);
  const std::uint64_t offset = ::strtoull(at + 6, &at, 16);
  ::strtoull(at, &at, 16);
  ::strtoull(at + 1, &at, 16);
  mapping->inode = ::strtoull(at, &at, 10);
  mapping->distance = mapping->inode == 0 ? 0 : offset - mapping->start;
  mapping->is_heap = is_named(at, end_of_line, "[heap]");
  return end_of_line + 1;
}

bool is_alike(const Mapping& one, const Mapping& other) {
  return ::memcmp(one.permissions, other.permissions, sizeof one.permissions) == 0 &&
         one.inode == other.inode && one.distance == other.distance;
}

std::uintptr_t end_of_heap() {
  return static_cast<std::uintptr_t>(::syscall(SYS_brk, 0));
}

// Of this process, which may have been forked since it was last asked.
class Pagemap {
 public:
  Pagemap()
      : fd_(static_cast<int>(
            ::syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC))) {}
  ~Pagemap() {
    if (fd_ >= 0) ::syscall(SYS_close, fd_);
  }
  Pagemap(const Pagemap&) = delete;
  Pagemap& operator=(const Pagemap&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

bool MemoryImage::take(char* copies, AddressRange aside) {
  aside_ = aside;
  copies_ = copies;
  heap_end_ = end_of_heap();
  const Pagemap pagemap;
  if (pagemap.fd() < 0 || !list_mappings()) return false;
  for (int i = 0; i < mapping_count_; ++i) {
    const Mapping& mapping = mappings_[i];
    if (!mapping.is_own() || aside_.has(mapping.start)) continue;
    if (!copy_pages(pagemap.fd(), mapping)) return false;
  }
  return true;
}

bool MemoryImage::list_mappings() {
  std::uintptr_t looked = 0;
  const char* line = read_proc_file("/proc/self/maps");
  while (*line != 0) {
    if (mapping_count_ == kMostMappings) return false;
    Mapping& mapping = mappings_[mapping_count_++];
    line = parse(line, &mapping);
    if (line == nullptr) return false;
    if (mapping.is_own() && !aside_.has(mapping.start)) looked += mapping.end - mapping.start;
  }
  return mapping_count_ > 0 && looked <= kMostLooked;
}

// How many entries of a whole range, or of its beginning, there are now.
long MemoryImage::ask(int pagemap, std::uintptr_t start, std::uintptr_t end) {
  const std::uintptr_t pages = smaller((end - start) / kPageBytes, kAskedAtOnce);
  const long got = ::syscall(SYS_pread64, pagemap, entries_, pages * sizeof entries_[0],
                             start / kPageBytes * sizeof entries_[0]);
  return got / static_cast<long>(sizeof entries_[0]);
}

bool MemoryImage::copy_pages(int pagemap, const Mapping& mapping) {
  std::uintptr_t page = mapping.start;
  while (page < mapping.end) {
    const long asked = ask(pagemap, page, mapping.end);
    if (asked <= 0) return false;
    for (long i = 0; i < asked; ++i, page += kPageBytes) {
      if ((entries_[i] & (kPresent | kSwapped)) != 0 && !copy_page(page)) return false;
    }
  }
  return true;
}

bool MemoryImage::copy_page(std::uintptr_t page) {
  if (page_count_ == kMostPages) return false;
  PageRun* run = run_count_ == 0 ? nullptr : &runs_[run_count_ - 1];
  if (run == nullptr || run->start + run->pages * kPageBytes != page) {
    if (run_count_ == kMostRuns) return false;
    run = &runs_[run_count_++];
    *run = {page, 0, page_count_};
  }
  ++run->pages;
  ::memcpy(copies_ + page_count_++ * kPageBytes, reinterpret_cast<const void*>(page), kPageBytes);
  return true;
}

bool MemoryImage::is_restorable() {
  new_count_ = gone_count_ = next_ = 0;
  compared_ = 0;
  const char* line = read_proc_file("/proc/self/maps");
  while (*line != 0) {
    Mapping now = {};
    line = parse(line, &now);
    if (line == nullptr || !note_gone(now.start) || !compare(now)) return false;
  }
  return note_gone(~std::uintptr_t{0});
}

// What was mapped from where all is compared up to here, where nothing is mapped now.
bool MemoryImage::note_gone(std::uintptr_t until) {
  for (; next_ < mapping_count_ && mappings_[next_].start < until; ++next_) {
    const Mapping& old = mappings_[next_];
    const AddressRange part = {old.start < compared_ ? compared_ : old.start,
                               smaller(old.end, until)};
    const bool grows_again = old.is_heap;
    if (part.start < part.end && !grows_again) {
      if (!old.is_own() || old.inode != 0 || gone_count_ == kMostNew) return false;
      gone_[gone_count_++] = part;
    }
    if (old.end > until) break;
  }
  compared_ = until;
  return true;
}

// Each part of what is mapped now was there before, or is new.
bool MemoryImage::compare(const Mapping& now) {
  while (compared_ < now.end) {
    while (next_ < mapping_count_ && mappings_[next_].end <= compared_) ++next_;
    const Mapping* old = next_ < mapping_count_ ? &mappings_[next_] : nullptr;
    std::uintptr_t to = now.end;
    if (old != nullptr && old->start <= compared_) {
      if (!is_alike(now, *old)) return false;
      to = smaller(now.end, old->end);
    } else {
      if (old != nullptr) to = smaller(now.end, old->start);
      if (!note_new(now, {compared_, to})) return false;
    }
    compared_ = to;
  }
  return true;
}

bool MemoryImage::note_new(const Mapping& mapping, AddressRange range) {
  if (mapping.is_heap && range.start >= heap_end_) return true;  // goes when the heap shrinks
  if (new_count_ == kMostNew) return false;
  new_[new_count_++] = range;
  return true;
}

bool MemoryImage::restore() {
  for (int i = 0; i < new_count_; ++i) {
    if (::syscall(SYS_munmap, new_[i].start, new_[i].end - new_[i].start) != 0) return false;
  }
  if (end_of_heap() != heap_end_ &&
      static_cast<std::uintptr_t>(::syscall(SYS_brk, heap_end_)) != heap_end_) {
    return false;
  }
  for (int i = 0; i < gone_count_; ++i) {
    const std::uintptr_t size = gone_[i].end - gone_[i].start;
    void* const place = reinterpret_cast<void*>(gone_[i].start);
    if (::mmap(place, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != place) {
      return false;
    }
  }
  at_run_ = 0;
  const Pagemap pagemap;
  for (int i = 0; i < mapping_count_; ++i) {
    const Mapping& mapping = mappings_[i];
    if (!mapping.is_own() || aside_.has(mapping.start)) continue;
    if (!put_back(pagemap.fd(), mapping)) return false;
  }
  return true;
}

bool MemoryImage::put_back(int pagemap, const Mapping& mapping) {
  std::uintptr_t page = mapping.start;
  while (page < mapping.end) {
    const long asked = ask(pagemap, page, mapping.end);
    if (asked <= 0) return false;
    for (long i = 0; i < asked; ++i, page += kPageBytes) {
      const bool is_there = (entries_[i] & (kPresent | kSwapped)) != 0;
      if (!put_back_page(mapping, page, is_there)) return false;
    }
  }
  return true;
}

// A page that came since is as it came: of zeros, or what its file has there.
bool MemoryImage::put_back_page(const Mapping& mapping, std::uintptr_t page, bool is_there) {
  while (at_run_ < run_count_ && runs_[at_run_].start + runs_[at_run_].pages * kPageBytes <= page) {
    ++at_run_;
  }
  void* const memory = reinterpret_cast<void*>(page);
  if (at_run_ < run_count_ && runs_[at_run_].start <= page) {
    const PageRun& run = runs_[at_run_];
    const char* copy = copies_ + run.first * kPageBytes + (page - run.start);
    if (::memcmp(memory, copy, kPageBytes) != 0) ::memcpy(memory, copy, kPageBytes);
    return true;
  }
  if (!is_there) return true;
  if (mapping.inode != 0) return ::madvise(memory, kPageBytes, MADV_DONTNEED) == 0;
  ::memset(memory, 0, kPageBytes);
  return true;
}

}  // namespace crashreel::player
