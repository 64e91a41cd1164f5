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
#include "harness/player/idle.h"
#include "harness/player/kept_descriptors.h"
#include "harness/player/kernel_action.h"
#include "harness/player/kernel_call.h"
#include "harness/player/memory_image.h"
#include "harness/player/obstacles.h"
#include "harness/player/passing.h"
#include "harness/player/player.h"
#include "harness/player/shared_descriptors.h"
#include "harness/player/stopped_threads.h"

namespace crashreel::player {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr std::size_t kPageBytes = 4096;
constexpr int kSignals = 64;
constexpr std::size_t kMostPath = 4096;

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
  bool taken;
  std::uint64_t checksum;
  ucontext_t back;
  StoppedThreads threads;
  Belongings belongings;
  KeptDescriptors descriptors;
  MemoryImage memory;
  alignas(64) char stack[kStackBytes];
};

constexpr std::size_t kRewindBytes = (sizeof(Rewind) + kPageBytes - 1) / kPageBytes * kPageBytes;
constexpr std::size_t kAllBytes = kRewindBytes + MemoryImage::kMostPages * kPageBytes;

Rewind* rewind_state = nullptr;  // null: this process does not go back

long file_mask() {
  const long mask = own_syscall(SYS_umask, 0);
  own_syscall(SYS_umask, mask);
  return mask;
}

void take_ids(long (&ids)[6]) {
  uid_t users[3] = {};
  gid_t groups[3] = {};
  own_syscall(SYS_getresuid, &users[0], &users[1], &users[2]);
  own_syscall(SYS_getresgid, &groups[0], &groups[1], &groups[2]);
  for (int i = 0; i < 3; ++i) {
    ids[i] = users[i];
    ids[3 + i] = groups[i];
  }
}

// Empty: it can't be told.
void take_directory(char (&directory)[kMostPath]) {
  if (own_syscall(SYS_getcwd, directory, kMostPath) < 0) directory[0] = 0;
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
  return pending_signals() == 0 && ::strcmp(directory, directory_now) == 0 &&
         ::memcmp(ids, ids_now, sizeof ids) == 0;
}

void Belongings::restore() const {
  for (int signal = 1; signal <= kSignals; ++signal) {
    KernelAction now = {};
    const KernelAction& then = actions[signal - 1];
    if (!take_action(signal, &now) || ::memcmp(&now, &then, sizeof now) == 0) continue;
    put_action(signal, then);
  }
  own_syscall(SYS_umask, file_mask);
}

void say(const Rewind& rewind, LineSays says, int signal, const char* why) {
  LineNote note = {};
  note.says = says;
  note.signal = signal;
  ::strncpy(note.why, why, sizeof note.why - 1);
  send_with(rewind.line, &note, sizeof note, nullptr, 0);
}

// The rest stays: a thread may still be on its way out of it.
void let_go(Rewind* rewind, const char* why) {
  rewind_state = nullptr;
  say(*rewind, LineSays::kEnds, 0, why);
  close_own(rewind->line);
  ::munmap(reinterpret_cast<char*>(rewind) + kRewindBytes, kAllBytes - kRewindBytes);
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
  std::uint64_t sum = rewind.threads.checksum(rewind.memory.checksum());
  sum = checksum_of(&rewind.belongings, sizeof rewind.belongings, sum);
  return checksum_of(&rewind.descriptors, sizeof rewind.descriptors / 8 * 8, sum);
}

// Of what the copy has got since it was forked, too.
const char* find_obstacle_to_begin(Rewind& rewind) {
  if (has_attendants() || has_children()) return "it has processes of its own";
  if (has_timers()) return "it has set a timer";
  if (shares_memory()) return "it has memory to share with other processes";
  if (!rewind.descriptors.take()) return "it has too many descriptors open";
  rewind.belongings.take();
  if (!rewind.belongings.are_restorable()) return "a signal waits for it";
  return take_stock(nullptr, 0);
}

// With the descriptor of a script, or without. False: nobody will come.
bool hear(const Rewind& rewind, int* script) {
  LineOrder order = {};
  Passed passed = {};
  const bool heard = receive_with(rewind.line, &order, sizeof order, &passed) == sizeof order;
  *script = passed.descriptors[0];
  return heard;
}

// The harness looks at its files meanwhile.
const char* tell_harness(const Rewind& rewind) {
  say(rewind, LineSays::kBegins, 0, "");
  int script = -1;
  return hear(rewind, &script) ? nullptr : "its files can't be put back";
}

const char* take_all(Rewind& rewind, AddressRange script) {
  const char* obstacle = find_obstacle_to_begin(rewind);
  if (obstacle == nullptr) obstacle = rewind.threads.stop(known_threads());
  if (obstacle != nullptr) return obstacle;
  obstacle = tell_harness(rewind);
  const auto start = reinterpret_cast<std::uintptr_t>(&rewind);
  char* copies = reinterpret_cast<char*>(&rewind) + kRewindBytes;
  if (obstacle == nullptr && !rewind.memory.take(copies, {start, start + kAllBytes}, script)) {
    obstacle = "it has too much memory";
  }
  if (obstacle == nullptr) rewind.checksum = checksum_of_all(rewind);
  rewind.threads.let_go_on();
  return obstacle;
}

const char* find_obstacle_to_restore(Rewind& rewind) {
  if (has_attendants() || has_children()) return "it has processes of its own";
  if (has_timers()) return "it has set a timer";
  if (!rewind.belongings.are_restorable()) return "it has changed its directory, user or signals";
  if (!rewind.descriptors.are_there()) return "it has closed what it began with";
  if (!rewind.memory.is_restorable()) return "it has changed its mappings";
  return nullptr;
}

// Null: all other threads stand still. Who dies may do so anywhere: what the program's waits tell
// is not asked then.
const char* find_obstacle(Rewind& rewind, int signal) {
  if (!rewind.taken) return "it has not come to its first input";
  if (signal != 0 && checksum_of_all(rewind) != rewind.checksum) return "it has written over us";
  const char* obstacle = rewind.threads.stop(signal == 0 ? known_threads() : 0);
  if (obstacle != nullptr) return obstacle;
  obstacle = find_obstacle_to_restore(rewind);
  if (obstacle != nullptr) rewind.threads.let_go_on();
  return obstacle;
}

[[noreturn]] void end() {
  for (;;) own_syscall(SYS_exit_group, 0);
}

// On the stack that lies aside.
void run_back() {
  Rewind& rewind = *rewind_state;
  const bool good = rewind.descriptors.close_others() && rewind.memory.restore();
  rewind.belongings.restore();
  if (!good) end();
  rewind.threads.begin_again();
}

// Where the image was taken, by who took it; the others still stand.
void take_next(Rewind& rewind) {
  int script = -1;
  if (!hear(rewind, &script) || script < 0 || !make_own() || !begin_script(script)) end();
  rewind.threads.let_others_begin_again();
}

}  // namespace

void prepare_to_go_back(int line) {
  rewind_state = make_room(move_out_of_sight(line));
}

void begin_from_here(const ScriptHeader& script) {
  Rewind* const rewind = rewind_state;
  if (rewind == nullptr || rewind->taken) return;
  ::getcontext(rewind->threads.own_start());  // returns again each time that the copy is back
  if (rewind->taken) return take_next(*rewind);
  rewind->taken = true;
  const auto start = reinterpret_cast<std::uintptr_t>(&script);
  const char* obstacle = take_all(*rewind, {start, start + script.size});
  if (obstacle != nullptr) let_go(rewind, obstacle);
}

void go_back(int signal) {
  Rewind* const rewind = rewind_state;
  if (rewind == nullptr) return;
  const char* obstacle = find_obstacle(*rewind, signal);
  if (obstacle != nullptr) return let_go(rewind, obstacle);
  const std::uint64_t all = ~std::uint64_t{0};
  own_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, kKernelMaskBytes);
  ::getcontext(&rewind->back);
  rewind->back.uc_stack.ss_sp = rewind->stack;
  rewind->back.uc_stack.ss_size = kStackBytes;
  rewind->back.uc_link = nullptr;
  ::makecontext(&rewind->back, run_back, 0);
  say(*rewind, LineSays::kBack, signal, "");
  ::setcontext(&rewind->back);
}

void give_processors_back() {
  if (rewind_state != nullptr) rewind_state->threads.let_run_anywhere();
}

void forget_to_go_back() {
  rewind_state = nullptr;  // the memory was not copied, and its line is closed with all others
}

}  // namespace crashreel::player
