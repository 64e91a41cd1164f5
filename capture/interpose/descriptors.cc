#include "capture/interpose/descriptors.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "capture/runtime/keep_errno.h"

namespace crashreel {
namespace {

constexpr std::size_t kTableBytes = kMostDescriptors * sizeof(std::uint64_t);
constexpr std::size_t kPageBytes = 4096;

void* map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// Publishes `fresh` at `place` unless another thread was first.
template <typename T>
void publish(T** place, T* fresh, std::size_t bytes) {
  T* none = nullptr;
  if (!__atomic_compare_exchange_n(place, &none, fresh, false, __ATOMIC_RELEASE,
                                   __ATOMIC_RELAXED)) {
    ::munmap(fresh, bytes);
  }
}

}  // namespace

bool DescriptorTable::prepare() {
  if (__atomic_load_n(&words_, __ATOMIC_ACQUIRE) != nullptr) return true;
  // The owner's page comes first: whoever sees the words sees it too.
  if (__atomic_load_n(&owner_process_, __ATOMIC_ACQUIRE) == nullptr) {
    auto* owner = static_cast<std::int32_t*>(map(kPageBytes));
    if (owner == nullptr) return false;
    if (::madvise(owner, kPageBytes, MADV_WIPEONFORK) != 0) {
      ::munmap(owner, kPageBytes);
      return false;
    }
    publish(&owner_process_, owner, kPageBytes);
  }
  auto* words = static_cast<std::uint64_t*>(map(kTableBytes));
  if (words == nullptr) return false;
  publish(&words_, words, kTableBytes);
  return true;
}

// Fork leaves an owner of 0, which the child fills in. After vfork the page is the parent's own,
// with the parent's number in it.
bool DescriptorTable::belongs_to_this_process() const {
  const std::int32_t self = ::getpid();
  std::int32_t owner = 0;
  return __atomic_compare_exchange_n(owner_process_, &owner, self, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED) ||
         owner == self;
}

void DescriptorTable::adopt_after_fork() {
  if (__atomic_load_n(&words_, __ATOMIC_ACQUIRE) != nullptr) belongs_to_this_process();
}

// Another thread may close the descriptor meanwhile; then its word is not brought back.
bool DescriptorTable::change(int fd, Descriptor before, Descriptor after) {
  std::uint64_t expected = __builtin_bit_cast(std::uint64_t, before);
  return __atomic_compare_exchange_n(word_of(fd), &expected,
                                     __builtin_bit_cast(std::uint64_t, after), false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void DescriptorTable::note_highest(int fd) {
  int highest = __atomic_load_n(&highest_, __ATOMIC_RELAXED);
  while (fd > highest && !__atomic_compare_exchange_n(&highest_, &highest, fd, false,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

bool DescriptorTable::set(int fd, Descriptor descriptor) {
  if (fd < 0 || fd >= kMostDescriptors) return false;
  const KeepErrno keep;
  if (!prepare() || !belongs_to_this_process()) return false;
  note_highest(fd);
  __atomic_store_n(word_of(fd), __builtin_bit_cast(std::uint64_t, descriptor), __ATOMIC_RELAXED);
  return true;
}

bool DescriptorTable::suppose(int fd, Descriptor descriptor) {
  if (fd < 0 || fd >= kMostDescriptors) return false;
  const KeepErrno keep;
  if (!prepare()) return false;
  note_highest(fd);
  const Descriptor before = get(fd);
  const bool is_open_question =
      before.kind == DescriptorKind::kNone || before.kind == descriptor.kind;
  return is_open_question && change(fd, before, descriptor);
}

bool DescriptorTable::forget(int fd) {
  const Descriptor before = get(fd);
  if (before.kind == DescriptorKind::kNone || !belongs_to_this_process()) return false;
  return __atomic_exchange_n(word_of(fd), std::uint64_t{0}, __ATOMIC_RELAXED) != 0;
}

bool DescriptorTable::is_anywhere(Descriptor descriptor) const {
  for (int fd = 0; fd <= highest(); ++fd) {
    const Descriptor same = get(fd);
    if (same.kind == descriptor.kind && same.session == descriptor.session) return true;
  }
  return false;
}

void DescriptorTable::copy(int from, int to) {
  const Descriptor descriptor = get(from);
  if (descriptor.kind == DescriptorKind::kNone) {
    forget(to);
    return;
  }
  if (!belongs_to_this_process()) return;
  Descriptor shared = descriptor;
  shared.flags |= kDescriptorShared;
  change(from, descriptor, shared);
  set(to, shared);
}

bool DescriptorTable::replace(int fd, Descriptor before, Descriptor after) {
  if (get(fd).kind == DescriptorKind::kNone || !change(fd, before, after)) return false;
  if ((before.flags & kDescriptorShared) == 0) return true;
  for (int other = 0; other <= highest(); ++other) {
    const Descriptor same = get(other);
    if (same.kind == before.kind && same.session == before.session) change(other, same, after);
  }
  return true;
}

bool DescriptorTable::end_session(int fd) {
  const Descriptor descriptor = get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return false;
  if ((descriptor.flags & kDescriptorEnded) != 0) return false;
  Descriptor ended = descriptor;
  ended.flags |= kDescriptorEnded;
  return replace(fd, descriptor, ended);
}

}  // namespace crashreel
