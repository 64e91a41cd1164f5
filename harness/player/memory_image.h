// How does a process's own memory come back to what it was?
//
// All pages that the process alone writes to are copied once, and later those that differ are
// written back, in place: what is mapped stays mapped, so nothing has to be faulted in again, which
// is most of what a short-lived copy costs. What was mapped since is unmapped, and memory of no
// file that was unmapped is mapped again. What was reserved alone and has come into use, as the
// heaps of threads do, is reserved again. Where other mappings have gone, or any have got other
// permissions, the process can't go back. One thread, all others stand still; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/player/page_scan.h"

namespace crashreel::player {

// As proc(5) tells it.
struct Mapping {
  std::uintptr_t start;
  std::uintptr_t end;
  std::uint64_t inode;     // 0: of no file
  std::uint64_t distance;  // of a file: from the address to the place in the file
  char permissions[4];     // "rw-p"
  bool is_heap;
  bool is_reserved;  // of no file, without access, and with nothing in it

  bool is_own() const { return permissions[0] == 'r' && permissions[1] == 'w' && is_private(); }
  bool is_private() const { return permissions[3] == 'p'; }
};

// Pages in a row that were there when the image was taken.
struct PageRun {
  std::uintptr_t start;
  std::uint32_t pages;
  std::uint32_t first;  // number of the first one's copy

  std::uintptr_t end() const { return start + pages * std::uintptr_t{4096}; }
};

// Of whole 64-bit words.
std::uint64_t checksum_of(const void* bytes, std::size_t size, std::uint64_t before);

class MemoryImage {
 public:
  static constexpr std::size_t kMostPages = 16 * 1024;

  // Copies go to `copies`, with room for kMostPages; what lies in `aside` is left out, now and
  // later: it must hold them, this object, and whatever is to outlive a restoration. What is mapped
  // in `leaving` now counts as mapped later. False: there is more than that, or the kernel does not
  // tell.
  bool take(char* copies, AddressRange aside, AddressRange leaving);

  // Of all that restore() relies on, once it is taken: whether a program that has written where it
  // should not has written there.
  std::uint64_t checksum() const;

  // Whether restore() would bring all of it back.
  bool is_restorable();

  // Right after is_restorable(), on a stack that lies aside. False: the kernel refuses half-way,
  // and the process is of no more use.
  bool restore();

 private:
  static constexpr int kMostMappings = 1024;
  static constexpr int kMostRuns = 4096;
  static constexpr int kMostNew = 256;

  bool list_mappings(PageScan& scan, AddressRange leaving);
  bool copy_pages(AddressRange pages);
  bool is_put_back(const Mapping& mapping) const {
    return mapping.is_own() && !aside_.has(mapping.start);
  }
  void put_back(const PageRun& run);
  bool clear(const Mapping& mapping, AddressRange pages);
  bool note_opened(const Mapping& old, const Mapping& now, AddressRange range);
  bool close_opened();
  bool note_new(const Mapping& mapping, AddressRange range);
  bool note_gone(std::uintptr_t until);
  bool compare(const Mapping& now);

  AddressRange aside_ = {};
  char* copies_ = nullptr;
  std::uintptr_t heap_end_ = 0;
  std::uintptr_t compared_ = 0;  // all that was or is mapped below is
  int next_ = 0;                 // the first mapping that ends beyond it
  int mapping_count_ = 0;
  int run_count_ = 0;
  int new_count_ = 0;
  int gone_count_ = 0;
  int opened_count_ = 0;
  int at_run_ = 0;  // while pages are cleared
  std::uint32_t page_count_ = 0;
  Mapping mappings_[kMostMappings];
  PageRun runs_[kMostRuns];
  AddressRange new_[kMostNew];
  AddressRange gone_[kMostNew];
  AddressRange opened_[kMostNew];
};

}  // namespace crashreel::player
