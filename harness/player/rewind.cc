#include "harness/player/rewind.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "harness/player/attendants.h"
#include "harness/player/descriptors.h"
#include "harness/player/kept_descriptors.h"
#include "harness/player/memory_image.h"
#include "harness/player/obstacles.h"
#include "harness/player/passing.h"
#include "harness/player/script.h"

namespace crashreel::player {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr std::size_t kPageBytes = 4096;
constexpr int kSignals = 64;
constexpr std::size_t kKernelMaskBytes = 8;
constexpr std::size_t kMostPath = 4096;

// As rt_sigaction(2) has it: handler, flags, restorer, mask.
struct KernelAction {
  std::uint64_t words[4];
};

// What the kernel holds for the process beside memory and descriptors.
struct Belongings {
  KernelAction actions[kSignals];
  char directory[kMostPath];
  long ids[6];
  long file_mask;

  void take();
  bool are_restorable() const;
  void restore() const;
};

// Lives aside, in memory that is not put back, with the copies of pages behind it.
struct Rewind {
  int line;
  int script;
  bool taken;
  std::uint64_t checksum;
  ucontext_t start;
  ucontext_t back;
  Belongings belongings;
  KeptDescriptors descriptors;
  MemoryImage memory;
  alignas(64) char stack[kStackBytes];
};

constexpr std::size_t kRewindBytes = (sizeof(Rewind) + kPageBytes - 1) / kPageBytes * kPageBytes;
constexpr std::size_t kAllBytes = kRewindBytes + MemoryImage::kMostPages * kPageBytes;

Rewind* rewind_state = nullptr;  // null: this process does not go back

bool take_action(int signal, KernelAction* action) {
  return ::syscall(SYS_rt_sigaction, signal, nullptr, action, kKernelMaskBytes) == 0;
}

long file_mask() {
  const long mask = ::syscall(SYS_umask, 0);
  ::syscall(SYS_umask, mask);
  return mask;
}

void take_ids(long (&ids)[6]) {
  uid_t users[3] = {};
  gid_t groups[3] = {};
  ::syscall(SYS_getresuid, &users[0], &users[1], &users[2]);
  ::syscall(SYS_getresgid, &groups[0], &groups[1], &groups[2]);
  for (int i = 0; i < 3; ++i) {
    ids[i] = users[i];
    ids[3 + i] = groups[i];
  }
}

// Empty: it can't be told.
void take_directory(char (&directory)[kMostPath]) {
  if (::syscall(SYS_getcwd, directory, kMostPath) < 0) directory[0] = 0;
}

void Belongings::take() {
  for (int signal = 1; signal <= kSignals; ++signal) take_action(signal, &actions[signal - 1]);
  take_directory(directory);
  take_ids(ids);
  file_mask = player::file_mask();
}

bool Belongings::are_restorable() const {
  char directory_now[kMostPath];
  long ids_now[6];
  take_directory(directory_now);
  take_ids(ids_now);
  std::uint64_t pending = 0;
  ::syscall(SYS_rt_sigpending, &pending, kKernelMaskBytes);
  return pending == 0 && ::strcmp(directory, directory_now) == 0 &&
         ::memcmp(ids, ids_now, sizeof ids) == 0;
}

void Belongings::restore() const {
  for (int signal = 1; signal <= kSignals; ++signal) {
    KernelAction now = {};
    const KernelAction& then = actions[signal - 1];
    if (!take_action(signal, &now) || ::memcmp(&now, &then, sizeof now) == 0) continue;
    ::syscall(SYS_rt_sigaction, signal, &then, nullptr, kKernelMaskBytes);
  }
  ::syscall(SYS_umask, file_mask);
}

void say(const Rewind& rewind, LineSays says, int signal, const char* why) {
  LineNote note = {};
  note.says = says;
  note.signal = signal;
  ::strncpy(note.why, why, sizeof note.why - 1);
  send_with(rewind.line, &note, sizeof note, nullptr, 0);
}

void let_go(Rewind* rewind, const char* why) {
  rewind_state = nullptr;
  say(*rewind, LineSays::kEnds, 0, why);
  close_own(rewind->line);
  ::munmap(rewind, kAllBytes);
}

Rewind* make_room(int line) {
  void* memory = ::mmap(nullptr, kAllBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  ::madvise(memory, kAllBytes, MADV_DONTFORK);
  auto* rewind = static_cast<Rewind*>(memory);
  rewind->line = line;
  return rewind;
}

// Of what does not change until the next image is taken.
std::uint64_t checksum_of_all(const Rewind& rewind) {
  std::uint64_t sum = rewind.memory.checksum();
  sum = checksum_of(&rewind.start, sizeof rewind.start / 8 * 8, sum);
  sum = checksum_of(&rewind.belongings, sizeof rewind.belongings, sum);
  return checksum_of(&rewind.descriptors, sizeof rewind.descriptors / 8 * 8, sum);
}

const char* take_all(Rewind& rewind) {
  const auto start = reinterpret_cast<std::uintptr_t>(&rewind);
  char* copies = reinterpret_cast<char*>(&rewind) + kRewindBytes;
  if (has_threads()) return "it has threads";
  if (!rewind.descriptors.take(rewind.script)) return "it has too many descriptors open";
  rewind.belongings.take();
  if (!rewind.memory.take(copies, {start, start + kAllBytes})) return "it has too much memory";
  rewind.checksum = checksum_of_all(rewind);
  return nullptr;
}

const char* find_obstacle(Rewind& rewind, int signal) {
  if (signal != 0 && checksum_of_all(rewind) != rewind.checksum) return "it has written over us";
  if (has_attendants() || has_children()) return "it has processes of its own";
  if (has_threads()) return "it has started a thread";
  if (has_timers()) return "it has set a timer";
  if (!rewind.belongings.are_restorable()) return "it has changed its directory, user or signals";
  if (!rewind.descriptors.are_there()) return "it has closed what it began with";
  if (!rewind.memory.is_restorable()) return "it has changed its mappings";
  return nullptr;
}

// On the stack that lies aside.
void run_back() {
  Rewind& rewind = *rewind_state;
  bool good = rewind.descriptors.close_others() && rewind.memory.restore();
  rewind.belongings.restore();
  LineOrder order = {};
  Passed passed = {};
  good = good && receive_with(rewind.line, &order, sizeof order, &passed) == sizeof order;
  rewind.script = passed.descriptors[0];
  if (good && rewind.script >= 0) ::setcontext(&rewind.start);
  for (;;) ::syscall(SYS_exit_group, 0);
}

}  // namespace

int begin_from_here(int line, int script) {
  Rewind* const made = make_room(move_out_of_sight(line));
  if (made == nullptr) return script;
  made->script = script;
  rewind_state = made;
  ::getcontext(&made->start);  // returns again each time that the copy has come back
  if (made->taken) return made->script;
  made->taken = true;
  const char* obstacle = take_all(*made);
  if (obstacle != nullptr) let_go(made, obstacle);
  return script;
}

void go_back(int signal) {
  Rewind* const rewind = rewind_state;
  if (rewind == nullptr) return;
  const char* obstacle = find_obstacle(*rewind, signal);
  if (obstacle != nullptr) return let_go(rewind, obstacle);
  const std::uint64_t all = ~std::uint64_t{0};
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, kKernelMaskBytes);
  ::getcontext(&rewind->back);
  rewind->back.uc_stack.ss_sp = rewind->stack;
  rewind->back.uc_stack.ss_size = kStackBytes;
  rewind->back.uc_link = nullptr;
  ::makecontext(&rewind->back, run_back, 0);
  say(*rewind, LineSays::kBack, signal, "");
  ::setcontext(&rewind->back);
}

void forget_to_go_back() {
  rewind_state = nullptr;  // the memory was not copied, and its line is closed with all others
}

}  // namespace crashreel::player
