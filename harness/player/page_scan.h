// Which pages of a range are there? Run by run, by PAGEMAP_SCAN (Linux 6.7), which passes over
// reserved address space of any size; else by reading pagemap, which does not. No allocation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel::player {

struct AddressRange {
  std::uintptr_t start;
  std::uintptr_t end;

  bool has(std::uintptr_t address) const { return start <= address && address < end; }
};

class PageScan {
 public:
  PageScan();
  ~PageScan();
  PageScan(const PageScan&) = delete;
  PageScan& operator=(const PageScan&) = delete;

  // False: it finds nothing in this much, or the kernel does not tell at all.
  bool takes(std::uintptr_t bytes) const;

  void begin(AddressRange range);
  // The next run of pages that are there, or swapped. False: there are no more, or is_broken().
  bool next(AddressRange* run);
  bool is_broken() const { return broken_; }

 private:
  static constexpr std::size_t kAskedAtOnce = 512;

  struct Region {  // as PAGEMAP_SCAN fills it in
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t categories;
  };

  long scan();
  long read();

  int fd_;
  bool scans_ = false;
  bool broken_ = false;
  std::uintptr_t at_ = 0;
  std::uintptr_t end_ = 0;
  long count_ = 0;
  long given_ = 0;
  Region regions_[kAskedAtOnce];
};

}  // namespace crashreel::player
