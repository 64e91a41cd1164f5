#include "harness/player/one_processor.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

std::atomic<int> processor{-1};

}  // namespace

void wake_on_this_processor() {
  unsigned now = 0;
  if (own_syscall(SYS_getcpu, &now, nullptr, nullptr) == 0) processor = static_cast<int>(now);
}

OnOneProcessor::OnOneProcessor() {
  const int one = processor.load(std::memory_order_relaxed);
  if (one < 0 || one / 64 >= kWords) return;
  const long bytes = own_syscall(SYS_sched_getaffinity, 0, sizeof before_, before_);
  const std::uint64_t bit = std::uint64_t{1} << one % 64;
  if (bytes <= one / 8 || (before_[one / 64] & bit) == 0) return;
  std::uint64_t narrowed[kWords] = {};
  narrowed[one / 64] = bit;
  if (own_syscall(SYS_sched_setaffinity, 0, bytes, narrowed) == 0) bytes_ = bytes;
}

OnOneProcessor::~OnOneProcessor() {
  const int error = errno;
  if (bytes_ != 0) own_syscall(SYS_sched_setaffinity, 0, bytes_, before_);
  errno = error;
}

}  // namespace crashreel::player
