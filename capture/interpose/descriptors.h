// Which of a stranger's file descriptors are sessions, and which session is it?
//
// One word for each descriptor, in an array of which most is mapped when first needed. Looking up
// is a load or two and never waits, so that every read() of a program can ask. The table believes
// what it is told: whoever interposes close, dup and accept keeps it true. It knows no addresses,
// no bytes and no ring. Descriptors from kMostDescriptors up are never sessions. libc only; all
// functions may be called from signal handlers and from any thread, and leave errno alone.
#pragma once

#include <cstdint>

namespace crashreel {

inline constexpr int kMostDescriptors = 65536;
// The words of those below are in the table itself, which saves those who ask a page.
inline constexpr int kNearDescriptors = 256;

enum class DescriptorKind : std::uint8_t {
  kNone = 0,       // not ours to watch
  kListener = 1,   // brings sessions
  kSession = 2,    // brings bytes
  kPending = 3,    // becomes a session once something comes; `session` is any number of its own
  kDatagrams = 4,  // brings datagrams of many peers; `session` is a number of its own
  kMaybeFifo = 5,  // nobody has looked yet; `session` is a number of its own
  kRandom = 16,    // a device: brings random bytes
  kSignals = 17,   // a signalfd
};

// Nothing more of this session will be noted: the other side's end was, or the program stopped
// reading by itself, after which an empty read says nothing about the other side.
inline constexpr std::uint8_t kDescriptorEnded = 1;
// Another descriptor of this process means the same session.
inline constexpr std::uint8_t kDescriptorShared = 2;
// The program opened this connection: what comes is what a dependency answers.
inline constexpr std::uint8_t kDescriptorOutbound = 4;
// The bytes of the session are those inside its TLS.
inline constexpr std::uint8_t kDescriptorTls = 8;
// What comes are whole datagrams: an empty one is no end.
inline constexpr std::uint8_t kDescriptorDatagrams = 16;
// What comes are whole records, and only a look tells an empty one from the end.
inline constexpr std::uint8_t kDescriptorRecords = 32;
// A FIFO: after its end somebody else may open it for writing.
inline constexpr std::uint8_t kDescriptorFifo = 64;
// The program had it from its start.
inline constexpr std::uint8_t kDescriptorInherited = 128;

struct Descriptor {
  std::uint32_t session = 0;
  DescriptorKind kind = DescriptorKind::kNone;
  std::uint8_t flags = 0;
  std::uint16_t forks = 0;  // how often the process had forked when this began

  bool operator==(const Descriptor&) const = default;
};
static_assert(sizeof(Descriptor) == sizeof(std::uint64_t), "a descriptor is one atomic word");

// Constant-initialised and never destroyed: calls come before the constructors and after the
// destructors of the process. What is mapped stays mapped.
//
// A child of fork() has a copy of its own. A child of vfork() shares the parent's memory but not
// its descriptors; what it closes before exec is open in the parent, so its changes are ignored.
class DescriptorTable {
 public:
  constexpr DescriptorTable() = default;
  DescriptorTable(const DescriptorTable&) = delete;
  DescriptorTable& operator=(const DescriptorTable&) = delete;

  Descriptor get(int fd) const {
    const std::uint64_t* words = near_;
    if (static_cast<unsigned>(fd) >= static_cast<unsigned>(kNearDescriptors)) {
      words = __atomic_load_n(&words_, __ATOMIC_ACQUIRE);
      if (words == nullptr || fd < 0 || fd >= kMostDescriptors) return {};
    }
    return __builtin_bit_cast(Descriptor, __atomic_load_n(words + fd, __ATOMIC_RELAXED));
  }

  // No descriptor above was ever anything.
  int highest() const { return __atomic_load_n(&highest_, __ATOMIC_RELAXED); }

  // A new meaning for `fd`, which was just made. False when it can't be kept: the number is too
  // high, or there was no memory for the table.
  bool set(int fd, Descriptor descriptor);

  // `fd`, which was just opened, may mean this, unless it is known to mean something. Makes no
  // system call, not even to learn whose the table is: a child of vfork() that does this costs the
  // parent another look and nothing else. So a supposition may also outlive its descriptor.
  bool suppose(int fd, Descriptor descriptor);

  // Call before the real close(): afterwards another thread may already have the number again.
  // True for the one caller that took a meaning from it.
  bool forget(int fd);

  // Does any descriptor of this process mean this session? Asked after forget(): of two threads
  // that close two of its descriptors at once, one finds no other.
  bool is_anywhere(Descriptor descriptor) const;

  // `to` now means what `from` means: after dup().
  void copy(int from, int to);

  // `fd` and its copies, which mean `before`, mean `after` from now on. True for the one caller
  // that changed it.
  bool replace(int fd, Descriptor before, Descriptor after);

  // No more will be noted of the session at `fd`, whichever of its descriptors is asked. True for
  // the one caller that ended it.
  bool end_session(int fd);

  // To be called in the child of a fork(), before it can vfork() in its turn.
  void adopt_after_fork();

 private:
  bool prepare();
  bool belongs_to_this_process() const;
  bool change(int fd, Descriptor before, Descriptor after);
  std::uint64_t* word_of(int fd) { return fd < kNearDescriptors ? near_ + fd : words_ + fd; }
  void note_highest(int fd);

  std::uint64_t* words_ = nullptr;         // kMostDescriptors of them, the near ones unused
  std::int32_t* owner_process_ = nullptr;  // a page that the kernel clears in a forked child
  int highest_ = -1;
  std::uint64_t near_[kNearDescriptors] = {};
};

}  // namespace crashreel
