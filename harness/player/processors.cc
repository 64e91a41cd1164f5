#include "harness/player/processors.h"

#include <sys/syscall.h>

#include "harness/player/kernel_call.h"

namespace crashreel::player {

int Processors::here() {
  unsigned here = 0;
  const bool is_known = own_syscall(SYS_getcpu, &here, nullptr, nullptr) == 0;
  return is_known && here < kWords * 64 ? static_cast<int>(here) : -1;
}

void Processors::take() {
  bytes_ = own_syscall(SYS_sched_getaffinity, 0, sizeof words_, words_);
}

void Processors::put(int only) const {
  if (bytes_ <= 0) return;
  std::uint64_t one[kWords] = {};
  const bool is_held = only >= 0 && (words_[only / 64] >> only % 64 & 1) != 0;
  if (is_held) one[only / 64] = std::uint64_t{1} << only % 64;
  own_syscall(SYS_sched_setaffinity, 0, bytes_, is_held ? one : words_);
}

void Processors::put_for(int thread) const {
  if (bytes_ > 0) own_syscall(SYS_sched_setaffinity, thread, bytes_, words_);
}

}  // namespace crashreel::player
