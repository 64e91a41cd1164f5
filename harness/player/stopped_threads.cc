#include "harness/player/stopped_threads.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/player/kernel_call.h"
#include "harness/player/memory_image.h"
#include "harness/player/proc_file.h"
#include "harness/player/proc_folder.h"
#include "harness/player/process_number.h"

namespace crashreel::player {
namespace {

// By which glibc has all threads change their user, SIGSETXID: it leaves it out of every mask that
// a program sets, and handles it only while it waits for that.
constexpr int kStop = 33;
constexpr std::uint64_t kRestorer = 0x04000000;  // SA_RESTORER
constexpr std::uint32_t kAgain = 1;
// So often is a thread waited for that has done its last for the program and ends, or that may be
// on its way into the handler or out of it, where all signals wait.
constexpr int kMostRounds = 500;
constexpr char kTasks[] = "/proc/self/task";
constexpr char kDeaf[] = "it has a thread that holds back all signals";

StoppedThreads* stopped = nullptr;  // whom the signal's handler asks

int own_number() {
  return static_cast<int>(own_syscall(SYS_gettid));
}

template <typename Word>
void sleep_on(const std::atomic<Word>& word, std::uint32_t value) {
  own_syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(const std::atomic<std::uint32_t>& word) {
  own_syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

int count_threads() {
  int count = 0;
  for_each_number(kTasks, [&count](int, int) { return ++count > 0; });
  return count;
}

bool holds_back(int thread) {
  const char* blocked = ::strstr(read_proc_file(TaskPath(thread, "status").path), "SigBlk:");
  return blocked != nullptr && (::strtoull(blocked + 7, nullptr, 16) >> (kStop - 1) & 1) != 0;
}

// A call that was interrupted by the signal alone has not failed: whoever waits looks again. Those
// that the kernel resumes by itself do not come here.
void forget_interruption(ucontext_t& context) {
#if defined(__x86_64__)
  auto& result = context.uc_mcontext.gregs[REG_RAX];
  const auto* next = reinterpret_cast<const unsigned char*>(context.uc_mcontext.gregs[REG_RIP]);
  if (result == -EINTR && next[-2] == 0x0f && next[-1] == 0x05) result = 0;
#else
  auto& result = context.uc_mcontext.regs[0];
  const auto* next = reinterpret_cast<const std::uint32_t*>(context.uc_mcontext.pc);
  if (result == static_cast<std::uint64_t>(-EINTR) && next[-1] == 0xd4000001) result = 0;
#endif
}

}  // namespace

const StoppedThreads::Slot* StoppedThreads::slot_of(int thread) const {
  for (int i = 0; i < count_; ++i) {
    if (slots_[i].thread == thread) return &slots_[i];
  }
  return nullptr;
}

StoppedThreads::Slot* StoppedThreads::slot_of(int thread) {
  return const_cast<Slot*>(static_cast<const StoppedThreads*>(this)->slot_of(thread));
}

ucontext_t* StoppedThreads::own_start() {
  slots_[0].thread = own_number();
  slots_[0].has_begun = true;
  slots_[0].processors.take();
  count_ = 1;
  return &slots_[0].start;
}

const char* StoppedThreads::stop(long known) {
  const Slot* const own = slot_of(own_number());
  if (own == nullptr) return "it has started a thread";
  const char* obstacle = list(known);
  if (obstacle != nullptr) return obstacle;
  ++stop_;
  if (count_ == 1) return nullptr;
  stopped = this;
  standing_ = 0;
  for (int i = 0; i < count_; ++i) slots_[i].stands = false;
  for (int round = 0; known != 0 && has_deaf(*own); ++round) {
    if (round == kMostRounds) return kDeaf;
    own_syscall(SYS_sched_yield);
  }
  has_pending_ = false;
  if (!signal_all(*own)) return "it does not get a signal through";
  obstacle = wait_for_all(known, *own);
  if (obstacle == nullptr) obstacle = find_change();
  if (obstacle == nullptr && has_pending_) obstacle = "a signal waits for one of its threads";
  if (obstacle != nullptr) let_go_on();
  return obstacle;
}

const char* StoppedThreads::list(long known) {
  for (int round = 0; known != 0 && count_threads() != known; ++round) {
    if (round == kMostRounds) return "it has a thread that started unseen";
    own_syscall(SYS_sched_yield);
  }
  return stop_ == 0 ? add_all() : find_change();
}

const char* StoppedThreads::add_all() {
  const bool added = for_each_number(kTasks, [this](int thread, int) {
    if (slot_of(thread) != nullptr) return true;
    if (count_ == kMost) return false;
    slots_[count_++].thread = thread;
    return true;
  });
  return added ? nullptr : "it has too many threads";
}

const char* StoppedThreads::find_change() const {
  int found = 0;
  const bool all_are_known = for_each_number(kTasks, [this, &found](int thread, int) {
    ++found;
    return slot_of(thread) != nullptr;
  });
  if (!all_are_known) return "it has started a thread";
  return found == count_ ? nullptr : "a thread of it has ended";
}

// The signal would wait, and so would we.
bool StoppedThreads::has_deaf(const Slot& own) const {
  for (int i = 0; i < count_; ++i) {
    const Slot& slot = slots_[i];
    if (&slot == &own || slot.is_inside || slot.stands) continue;
    if (holds_back(slot.thread)) return true;
  }
  return false;
}

// The restorer is libc's, of whatever handler there is of ours.
bool StoppedThreads::signal_all(const Slot& own) {
  KernelAction action = {};
  if (!take_action(SIGSEGV, &action) || !take_action(kStop, &before_)) return false;
  action.handler = reinterpret_cast<std::uint64_t>(&StoppedThreads::on_signal);
  action.flags = (action.flags & kRestorer) | SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  action.mask = ~std::uint64_t{0};
  if (!put_action(kStop, action)) return false;
  const long process = real_process();
  for (int i = 0; i < count_; ++i) {
    if (&slots_[i] != &own) own_syscall(SYS_tgkill, process, slots_[i].thread, kStop);
  }
  return true;
}

// Threads that all wait will come. Where one of them has crashed the others may be anywhere, on
// their way to their ends too, and are looked after.
const char* StoppedThreads::wait_for_all(long known, const Slot& own) const {
  const auto others = static_cast<std::uint32_t>(count_ - 1);
  int deaf_rounds = 0;
  for (std::uint32_t there = standing_; there < others; there = standing_) {
    if (known != 0) {
      sleep_on(standing_, there);
      continue;
    }
    const char* obstacle = find_change();
    if (obstacle != nullptr) return obstacle;
    if (has_deaf(own) && ++deaf_rounds == kMostRounds) return kDeaf;
    own_syscall(SYS_sched_yield);
  }
  return nullptr;
}

void StoppedThreads::on_signal(int, siginfo_t*, void* context) {
  const int error = errno;
  StoppedThreads* const all = stopped;
  Slot* const own = all->slot_of(own_number());
  if (own != nullptr) all->stand(*own, *static_cast<ucontext_t*>(context));
  errno = error;
}

void StoppedThreads::stand(Slot& slot, ucontext_t& context) {
  slot.is_inside = true;
  if (pending_signals() != 0) has_pending_ = true;
  if (!slot.has_begun) {
    forget_interruption(context);
    slot.processors.take();
    ::getcontext(&slot.start);  // returns again each time that it begins again
    if (!slot.has_begun) {
      slot.has_begun = true;
      stand_until_left(slot);
    } else {
      slot.processors.put(processor_);
    }
  } else {
    slot.goes_on = false;
    ::getcontext(&slot.here);
    if (!slot.goes_on) {
      ::getcontext(&slot.aside);
      slot.aside.uc_stack.ss_sp = slot.stack;
      slot.aside.uc_stack.ss_size = kStackBytes;
      slot.aside.uc_link = nullptr;
      ::makecontext(&slot.aside, wait_aside, 0);
      ::setcontext(&slot.aside);
    }
  }
  slot.is_inside = false;
}

void StoppedThreads::let_run_anywhere() {
  if (processor_.exchange(-1) < 0) return;
  for_each_number(kTasks, [this](int thread, int) {
    const Slot* const known = slot_of(thread);
    const Slot& slot = known != nullptr ? *known : slots_[0];  // one that it has started since
    slot.processors.put_for(thread);
    return true;
  });
}

void StoppedThreads::wait_aside() {
  StoppedThreads* const all = stopped;
  Slot& slot = *all->slot_of(own_number());
  const bool again = (all->stand_until_left(slot) & kAgain) != 0;
  slot.goes_on = !again;
  ::setcontext(again ? &slot.start : &slot.here);
}

// How it leaves. Which stop this is has to be known before it counts: another one may follow.
std::uint32_t StoppedThreads::stand_until_left(Slot& slot) {
  const std::uint32_t stop = stop_;
  slot.stands = true;
  standing_.fetch_add(1);
  wake(standing_);
  return wait_in(slot, stop);
}

std::uint32_t StoppedThreads::wait_in(const Slot& slot, std::uint32_t stop) {
  std::uint32_t left = slot.left;
  for (; left / 2 < stop; left = slot.left) sleep_on(slot.left, left);
  return left;
}

void StoppedThreads::leave(Slot& slot, std::uint32_t how) {
  slot.left = 2 * stop_ + how;
  wake(slot.left);
}

// Where one has not come yet the handler has to be there for it.
void StoppedThreads::let_go_on() {
  if (count_ == 1) return;
  if (standing_ == static_cast<std::uint32_t>(count_ - 1)) put_action(kStop, before_);
  const int own = own_number();
  for (int i = 0; i < count_; ++i) {
    if (slots_[i].thread != own) leave(slots_[i], 0);
  }
}

void StoppedThreads::begin_again() {
  Slot& own = *slot_of(own_number());
  if (&own != &slots_[0]) {
    leave(slots_[0], kAgain);
    wait_in(own, stop_);
  }
  for (;;) ::setcontext(&own.start);
}

// This thread has just been woken, where there was a processor for it.
void StoppedThreads::let_others_begin_again() {
  processor_ = count_ > 1 ? Processors::here() : -1;
  slots_[0].processors.put(processor_);
  for (int i = 1; i < count_; ++i) leave(slots_[i], kAgain);
}

std::uint64_t StoppedThreads::checksum(std::uint64_t before) const {
  std::uint64_t sum = before + static_cast<std::uint64_t>(count_);
  for (int i = 0; i < count_ && i < kMost; ++i) {
    const auto thread = static_cast<std::uint64_t>(slots_[i].thread);
    sum = checksum_of(&slots_[i].start, sizeof slots_[i].start / 8 * 8, sum + thread);
  }
  return sum;
}

}  // namespace crashreel::player
