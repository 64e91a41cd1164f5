#include "harness/player/page_scan.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

constexpr std::uintptr_t kPageBytes = 4096;
// What is read page by page.
constexpr std::uintptr_t kMostRead = 256ull << 20;

// <linux/fs.h> of 6.7; Debian 12's does not have it yet.
struct ScanArgument {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t walk_end;
  std::uint64_t regions;
  std::uint64_t region_count;
  std::uint64_t max_pages;
  std::uint64_t inverted;
  std::uint64_t all_of;
  std::uint64_t any_of;
  std::uint64_t returned;
};
constexpr unsigned long kScan = _IOWR('f', 16, ScanArgument);
constexpr std::uint64_t kScanPresent = 1 << 3;
constexpr std::uint64_t kScanSwapped = 1 << 4;

// proc(5), /proc/pid/pagemap.
constexpr std::uint64_t kPresent = 1ull << 63;
constexpr std::uint64_t kSwapped = 1ull << 62;

}  // namespace

PageScan::PageScan()
    : fd_(static_cast<int>(
          own_syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC))) {
  begin({0, kPageBytes});
  scans_ = fd_ >= 0 && scan() >= 0;
}

PageScan::~PageScan() {
  if (fd_ >= 0) own_syscall(SYS_close, fd_);
}

bool PageScan::takes(std::uintptr_t bytes) const {
  return fd_ >= 0 && (scans_ || bytes <= kMostRead);
}

void PageScan::begin(AddressRange range) {
  at_ = range.start;
  end_ = range.end;
  count_ = given_ = 0;
  broken_ = false;
}

bool PageScan::next(AddressRange* run) {
  while (given_ == count_) {
    if (at_ >= end_) return false;
    given_ = 0;
    count_ = scans_ ? scan() : read();
    if (count_ >= 0) continue;
    count_ = 0;
    broken_ = true;
    return false;
  }
  const Region& region = regions_[given_++];
  *run = {region.start, region.end};
  return true;
}

long PageScan::scan() {
  ScanArgument argument = {};
  argument.size = sizeof argument;
  argument.start = at_;
  argument.end = end_;
  argument.regions = reinterpret_cast<std::uintptr_t>(regions_);
  argument.region_count = kAskedAtOnce;
  argument.any_of = argument.returned = kScanPresent | kScanSwapped;
  const long found = own_syscall(SYS_ioctl, fd_, kScan, &argument);
  if (found >= 0) at_ = argument.walk_end;
  return found;
}

long PageScan::read() {
  std::uint64_t entries[kAskedAtOnce];
  const std::uintptr_t pages = (end_ - at_) / kPageBytes;
  const std::uintptr_t wanted = pages < kAskedAtOnce ? pages : kAskedAtOnce;
  const long got = own_syscall(SYS_pread64, fd_, entries, wanted * sizeof entries[0],
                               at_ / kPageBytes * sizeof entries[0]);
  if (got <= 0) return -1;
  long found = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof entries[0]; ++i) {
    if ((entries[i] & (kPresent | kSwapped)) != 0) {
      regions_[found++] = {at_, at_ + kPageBytes, 0};
    }
    at_ += kPageBytes;
  }
  return found;
}

}  // namespace crashreel::player
