#include "tools/pipeline/save_requests.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>
#include <utility>

#include "capture/runtime/ring_format.h"

namespace crashreel {
namespace {

using ring::Superblock;

constexpr timespec kLookAgain = {.tv_sec = 1, .tv_nsec = 0};
constexpr timespec kWakeAgain = {.tv_sec = 0, .tv_nsec = 1'000'000};

// The first page of the ring at a path, as long as this lives.
class FirstPage {
 public:
  FirstPage() = default;
  ~FirstPage() { unmap(); }
  FirstPage(const FirstPage&) = delete;
  FirstPage& operator=(const FirstPage&) = delete;

  // Null where there is no finished ring.
  Superblock* at(const std::string& path) {
    struct stat file = {};
    if (::stat(path.c_str(), &file) != 0) return unmap();
    if (super_ != nullptr && file.st_ino == inode_) return super_;
    unmap();
    is_new_ = true;
    const OwnedFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!fd || ::fstat(fd.get(), &file) != 0) return nullptr;
    if (static_cast<std::uint64_t>(file.st_size) < ring::kMinRingBytes) return nullptr;
    void* page =
        ::mmap(nullptr, sizeof(Superblock), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (page == MAP_FAILED) return nullptr;
    super_ = static_cast<Superblock*>(page);
    inode_ = file.st_ino;
    if (super_->magic != ring::kMagic || super_->crc != ring::crc_of(*super_)) return unmap();
    return super_;
  }

  // Another ring than at the last call of this.
  bool take_new() { return std::exchange(is_new_, false); }

 private:
  Superblock* unmap() {
    if (super_ != nullptr) ::munmap(super_, sizeof(Superblock));
    return super_ = nullptr;
  }

  Superblock* super_ = nullptr;
  ino_t inode_ = 0;
  bool is_new_ = false;
};

void wait_on(std::uint32_t* word, std::uint32_t while_it_is, const timespec& at_most) {
  ::syscall(SYS_futex, word, FUTEX_WAIT, while_it_is, &at_most, nullptr, 0);
}

void say_who_stands_by(Superblock& super, std::uint32_t process) {
  __atomic_store_n(&super.attendant_pid, process, __ATOMIC_RELEASE);
}

void wake(std::uint32_t* word) {
  ::syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX);
}

}  // namespace

void SaveRequests::watch(const std::string& ring_path) {
  ring_path_ = ring_path;
  asked_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!asked_) return;
  // At once: whoever asks from now on is heard, if only when the thread has begun.
  FirstPage page;
  if (Superblock* super = page.at(ring_path_)) {
    say_who_stands_by(*super, static_cast<std::uint32_t>(::getpid()));
  }
  try {
    thread_ = std::thread([this] { stand_by(); });
  } catch (const std::system_error&) {
    asked_.reset();
  }
}

// The thread sleeps on a word in the ring or on ours; this may come just before it falls asleep, so
// once is not enough.
void SaveRequests::stop() {
  if (!thread_.joinable()) return;
  __atomic_store_n(&stopping_, 1u, __ATOMIC_RELEASE);
  FirstPage page;
  while (__atomic_load_n(&stopped_, __ATOMIC_ACQUIRE) == 0) {
    wake(&stopping_);
    if (Superblock* super = page.at(ring_path_)) wake(&super->saves_asked);
    wait_on(&stopped_, 0, kWakeAgain);
  }
  thread_.join();
}

bool SaveRequests::take() {
  std::uint64_t count = 0;
  return asked_ && ::read(asked_.get(), &count, sizeof count) == sizeof count;
}

void SaveRequests::hear(const Superblock& super, std::uint32_t* seen) {
  const std::uint32_t asked = __atomic_load_n(&super.saves_asked, __ATOMIC_ACQUIRE);
  if (asked == *seen) return;
  *seen = asked;
  const std::uint64_t one = 1;
  (void)!::write(asked_.get(), &one, sizeof one);
}

void SaveRequests::stand_by() {
  FirstPage page;
  std::uint32_t seen = 0;
  while (__atomic_load_n(&stopping_, __ATOMIC_ACQUIRE) == 0) {
    Superblock* super = page.at(ring_path_);
    if (super == nullptr) {
      wait_on(&stopping_, 0, kLookAgain);
      continue;
    }
    if (page.take_new()) {
      seen = 0;
      say_who_stands_by(*super, static_cast<std::uint32_t>(::getpid()));
    }
    hear(*super, &seen);
    wait_on(&super->saves_asked, seen, kLookAgain);
  }
  if (Superblock* super = page.at(ring_path_)) {
    say_who_stands_by(*super, 0);
    hear(*super, &seen);
  }
  __atomic_store_n(&stopped_, 1u, __ATOMIC_RELEASE);
  wake(&stopped_);
}

}  // namespace crashreel
