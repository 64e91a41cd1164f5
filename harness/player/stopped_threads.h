// How do all other threads of the process stand still, and go back to where they stood first?
//
// A signal stops them wherever they are, in a handler: of those that libc keeps to itself, so that
// no program holds it back. What a thread has there, its registers and its signal mask among it,
// lies on its own stack, which is put back with all other memory. All that has to be kept aside is
// where in that handler the thread stood when it was stopped first. From the second time on it
// waits on a stack that lies aside, for its own may be written over meanwhile, and leaves either to
// where it is, or to where it was first.
//
// When they begin again all of them are held to one processor: the player lets one act after the
// other anyway, and to wake a thread on another processor takes ten times as long as to change to
// it. (57 µs and 5 where it was measured, in a virtual machine.) Who asks on which processors it
// may run, or chooses them, is held no longer.
//
// Lives in memory that is not put back. One thread stops the others at a time.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harness/player/kernel_action.h"
#include "harness/player/processors.h"

namespace crashreel::player {

class StoppedThreads {
 public:
  // Where the calling thread begins again; it says getcontext() there, before it stops the others
  // for the first time.
  ucontext_t* own_start();

  // Null: all stand. Else why they can't, in a few words, and they go on. `known`: so many threads
  // there are with the calling one, as far as the program's waits tell; 0: they don't. A thread
  // that has not come to its end for the kernel is waited for. From the second time on they must be
  // those of the first.
  const char* stop(long known);

  // They go on where they stand.
  void let_go_on();

  // Once memory is put back, on a stack that lies aside: does not return. The thread that stopped
  // them first begins again, alone.
  [[noreturn]] void begin_again();
  // From there: so do all others.
  void let_others_begin_again();

  // All may run where they might before. Any thread.
  void let_run_anywhere();

  // Of all that begin_again() relies on, after the first stop.
  std::uint64_t checksum(std::uint64_t before) const;

 private:
  static constexpr int kMost = 128;
  static constexpr std::size_t kStackBytes = 8 * 1024;

  struct Slot {
    int thread = 0;                       // the kernel's number; the first slot's stopped first
    std::atomic<bool> is_inside = false;  // the handler
    std::atomic<bool> stands = false;
    std::atomic<bool> has_begun = false;  // `start` is where it begins again
    std::atomic<bool> goes_on = false;    // at `here`
    std::atomic<std::uint32_t> left = 0;  // twice the last stop that is over, + 1: begins again
    Processors processors;                // on which it may run when it is at `start`
    ucontext_t start;
    ucontext_t here;
    ucontext_t aside;
    alignas(64) char stack[kStackBytes];
  };

  static void on_signal(int signal, siginfo_t* info, void* context);
  static void wait_aside();
  void stand(Slot& slot, ucontext_t& context);
  std::uint32_t stand_until_left(Slot& slot);
  static std::uint32_t wait_in(const Slot& slot, std::uint32_t stop);
  void leave(Slot& slot, std::uint32_t how);
  const Slot* slot_of(int thread) const;
  Slot* slot_of(int thread);
  const char* list(long known);
  const char* add_all();
  const char* find_change() const;
  bool has_deaf(const Slot& own) const;
  const char* wait_for_all(long known, const Slot& own) const;
  bool signal_all(const Slot& own);

  int count_ = 0;
  std::atomic<int> processor_ = -1;          // that all are held to; -1: none
  std::atomic<bool> has_pending_ = false;    // one of them has a signal waiting
  std::uint32_t stop_ = 0;                   // number of the stop
  std::atomic<std::uint32_t> standing_ = 0;  // a futex
  KernelAction before_ = {};                 // of the signal
  Slot slots_[kMost];
};

}  // namespace crashreel::player
