#include "harness/player/memory_image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"
#include "harness/player/proc_file.h"

namespace crashreel::player {
namespace {

constexpr std::uintptr_t kPageBytes = 4096;

std::uintptr_t smaller(std::uintptr_t a, std::uintptr_t b) {
  return a < b ? a : b;
}

// Not memcpy and its like: where the program has a sanitizer these are the sanitizer's, which would
// look at each address that they are given, and some of these are its own.
using Block = std::uint64_t __attribute__((vector_size(64), may_alias));
constexpr std::size_t kBlocks = kPageBytes / sizeof(Block);

// Keeps a compiler from making a call of the loop.
void hold_order() {
  __asm__ volatile("" : : : "memory");
}

void copy_page(void* to, const void* from) {
  for (std::size_t i = 0; i < kBlocks; ++i) {
    static_cast<Block*>(to)[i] = static_cast<const Block*>(from)[i];
    hold_order();
  }
}

void clear_page(void* page) {
  for (std::size_t i = 0; i < kBlocks; ++i) {
    static_cast<Block*>(page)[i] = Block{};
    hold_order();
  }
}

bool is_same_page(const void* one, const void* other) {
  Block differences = {};
  for (std::size_t i = 0; i < kBlocks; ++i) {
    differences |= static_cast<const Block*>(one)[i] ^ static_cast<const Block*>(other)[i];
  }
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < sizeof(Block) / sizeof any; ++i) any |= differences[i];
  return any == 0;
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

bool has_access(const Mapping& mapping, const char* permissions) {
  return ::memcmp(mapping.permissions, permissions, sizeof mapping.permissions) == 0;
}

bool is_unused(const Mapping& mapping, PageScan& scan) {
  if (mapping.inode != 0 || !has_access(mapping, "---p")) return false;
  if (!scan.takes(mapping.end - mapping.start)) return false;
  scan.begin({mapping.start, mapping.end});
  AddressRange pages;
  return !scan.next(&pages) && !scan.is_broken();
}

bool is_alike(const Mapping& one, const Mapping& other) {
  return ::memcmp(one.permissions, other.permissions, sizeof one.permissions) == 0 &&
         one.inode == other.inode && one.distance == other.distance;
}

std::uintptr_t end_of_heap() {
  return static_cast<std::uintptr_t>(own_syscall(SYS_brk, 0));
}

}  // namespace

bool MemoryImage::take(char* copies, AddressRange aside, AddressRange leaving) {
  aside_ = aside;
  copies_ = copies;
  heap_end_ = end_of_heap();
  PageScan scan;
  if (!list_mappings(scan, leaving)) return false;
  for (int i = 0; i < mapping_count_; ++i) {
    const Mapping& mapping = mappings_[i];
    if (!is_put_back(mapping)) continue;
    scan.begin({mapping.start, mapping.end});
    for (AddressRange pages = {}; scan.next(&pages);) {
      if (!copy_pages(pages)) return false;
    }
    if (scan.is_broken()) return false;
  }
  return true;
}

bool MemoryImage::list_mappings(PageScan& scan, AddressRange leaving) {
  std::uintptr_t looked = 0;
  const char* line = read_proc_file("/proc/self/maps");
  while (*line != 0) {
    if (mapping_count_ == kMostMappings) return false;
    Mapping& mapping = mappings_[mapping_count_];
    line = parse(line, &mapping);
    if (line == nullptr) return false;
    if (leaving.has(mapping.start)) continue;
    ++mapping_count_;
    mapping.is_reserved = is_unused(mapping, scan);
    if (is_put_back(mapping)) looked += mapping.end - mapping.start;
  }
  return mapping_count_ > 0 && scan.takes(looked);
}

bool MemoryImage::copy_pages(AddressRange pages) {
  const std::uintptr_t count = (pages.end - pages.start) / kPageBytes;
  if (run_count_ == kMostRuns || page_count_ + count > kMostPages) return false;
  runs_[run_count_++] = {pages.start, static_cast<std::uint32_t>(count), page_count_};
  for (std::uintptr_t i = 0; i < count; ++i) {
    copy_page(copies_ + (page_count_ + i) * kPageBytes,
              reinterpret_cast<const void*>(pages.start + i * kPageBytes));
  }
  page_count_ += static_cast<std::uint32_t>(count);
  return true;
}

std::uint64_t checksum_of(const void* bytes, std::size_t size, std::uint64_t before) {
  // Four lanes of 64 bits, each multiplied and turned as splitmix64 does, so that one does not wait
  // for another; what is left over is of no object here.
  std::uint64_t lanes[4] = {before, before + 1, before + 2, before + 3};
  const auto* words = static_cast<const std::uint64_t*>(bytes);
  for (std::size_t i = 0; i + 4 <= size / sizeof *words; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      lanes[lane] = (lanes[lane] ^ words[i + lane]) * 0xbf58476d1ce4e5b9;
      lanes[lane] ^= lanes[lane] >> 29;
    }
  }
  for (std::size_t i = size / sizeof *words / 4 * 4; i < size / sizeof *words; ++i) {
    lanes[0] = (lanes[0] ^ words[i]) * 0xbf58476d1ce4e5b9;
    lanes[0] ^= lanes[0] >> 29;
  }
  return lanes[0] + 3 * lanes[1] + 5 * lanes[2] + 7 * lanes[3];
}

std::uint64_t MemoryImage::checksum() const {
  const auto mappings = static_cast<std::size_t>(mapping_count_);
  const auto runs = static_cast<std::size_t>(run_count_);
  std::uint64_t sum = checksum_of(mappings_, mappings * sizeof mappings_[0], heap_end_);
  sum = checksum_of(runs_, runs * sizeof runs_[0], sum);
  return checksum_of(copies_, page_count_ * kPageBytes, sum);
}

bool MemoryImage::is_restorable() {
  new_count_ = gone_count_ = opened_count_ = next_ = 0;
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
      to = smaller(now.end, old->end);
      if (!is_alike(now, *old) && !note_opened(*old, now, {compared_, to})) return false;
    } else {
      if (old != nullptr) to = smaller(now.end, old->start);
      if (!note_new(now, {compared_, to})) return false;
    }
    compared_ = to;
  }
  return true;
}

bool MemoryImage::note_opened(const Mapping& old, const Mapping& now, AddressRange range) {
  const bool may_close = old.is_reserved && now.inode == 0 && has_access(now, "rw-p");
  if (!may_close || opened_count_ == kMostNew) return false;
  opened_[opened_count_++] = range;
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
    if (own_syscall(SYS_munmap, new_[i].start, new_[i].end - new_[i].start) != 0) return false;
  }
  if (end_of_heap() != heap_end_ &&
      static_cast<std::uintptr_t>(own_syscall(SYS_brk, heap_end_)) != heap_end_) {
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
  if (!close_opened()) return false;
  for (int i = 0; i < run_count_; ++i) put_back(runs_[i]);
  at_run_ = 0;
  PageScan scan;
  for (int i = 0; i < mapping_count_; ++i) {
    const Mapping& mapping = mappings_[i];
    if (!is_put_back(mapping)) continue;
    scan.begin({mapping.start, mapping.end});
    for (AddressRange pages = {}; scan.next(&pages);) {
      if (!clear(mapping, pages)) return false;
    }
    if (scan.is_broken()) return false;
  }
  return true;
}

// Empty, too.
bool MemoryImage::close_opened() {
  for (int i = 0; i < opened_count_; ++i) {
    void* const place = reinterpret_cast<void*>(opened_[i].start);
    if (::mmap(place, opened_[i].end - opened_[i].start, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != place) {
      return false;
    }
  }
  return true;
}

void MemoryImage::put_back(const PageRun& run) {
  auto* page = reinterpret_cast<char*>(run.start);
  const char* copy = copies_ + run.first * kPageBytes;
  for (std::uint32_t i = 0; i < run.pages; ++i, page += kPageBytes, copy += kPageBytes) {
    if (!is_same_page(page, copy)) copy_page(page, copy);
  }
}

// What came since is as it came: of zeros, or what its file has there.
bool MemoryImage::clear(const Mapping& mapping, AddressRange pages) {
  while (pages.start < pages.end) {
    while (at_run_ < run_count_ && runs_[at_run_].end() <= pages.start) ++at_run_;
    const PageRun* run = at_run_ < run_count_ ? &runs_[at_run_] : nullptr;
    if (run != nullptr && run->start <= pages.start) {
      pages.start = run->end();
      continue;
    }
    const std::uintptr_t to = run == nullptr ? pages.end : smaller(pages.end, run->start);
    void* const memory = reinterpret_cast<void*>(pages.start);
    if (mapping.inode == 0) {
      for (std::uintptr_t page = pages.start; page < to; page += kPageBytes) {
        clear_page(reinterpret_cast<void*>(page));
      }
    } else if (::madvise(memory, to - pages.start, MADV_DONTNEED) != 0) {
      return false;
    }
    pages.start = to;
  }
  return true;
}

}  // namespace crashreel::player
