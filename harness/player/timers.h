// Which timers has the program set, and when do they end?
//
// Timers count on the virtual clock: an idle program is brought on by the nearest of them, as by
// the deadline of a wait. Of a timer that is a descriptor (timerfd_create) the program has one that
// counts events, and becomes readable as many times as the timer has ended; the process's one alarm
// (setitimer, alarm) and those of timer_create send signals, or wake a thread. A timer ends when
// the program is idle and never while it computes. Nothing of it is the kernel's, so a copy of the
// program has its timers, too.
//
// Everything here is under the scheduler's lock, but where something else is said.
#pragma once

#include <signal.h>
#include <time.h>

#include <cstdint>

#include "harness/player/clock.h"

namespace crashreel::player {

// The thread that makes the calls of one timer of SIGEV_THREAD; it waits under this address, and
// owns it once it is over.
struct Notifier {
  sigevent event;
  std::uint64_t calls = 0;  // that are to be made
  bool over = false;        // after these
};

struct Timer {
  bool used = false;
  clockid_t clock = CLOCK_REALTIME;
  std::uint64_t deadline_ns = kForever;  // on the virtual clock; kForever: it is not set
  std::uint64_t interval_ns = 0;         // 0: it ends once
  std::uint64_t overrun = 0;             // how often it ended beyond the once that was told last
  int fd = -1;                           // counts how often it has ended; -1: it is told by `event`
  sigevent event = {};                   // as timer_create(2) has it
  Notifier* notifier = nullptr;          // SIGEV_THREAD
};

// Null: there is no room for one more.
Timer* add_timer(clockid_t clock);
void make_descriptor(Timer& timer, int fd);
void remove_timer(Timer& timer);

Timer& the_alarm();
Timer* timer_of_descriptor(int fd);  // null: it is none of ours
timer_t number_of(const Timer& timer);
Timer* timer_of_number(timer_t number);  // null: as above

// Sets it as timerfd_settime(2) and timer_settime(2) do, whose `flags` have this bit. False: that
// is no time.
bool set_timer(Timer& timer, const itimerspec& times, bool is_absolute);
// The interval, and what is left until it ends; 0: it is not set.
itimerspec left_of(const Timer& timer);

std::uint64_t nearest_timer();
// Those whose time has come: descriptors become readable, threads are woken. Returns the signal of
// one of the others, or 0; those that are left end with the next call.
int end_timers(std::uint64_t now_ns);

// Whose signal end_timers() has returned, once; of signal 0: nobody's.
struct TimerSignal {
  sigevent event;
  std::uint64_t overrun;
  bool is_alarm;  // which says nothing of itself
};
TimerSignal take_timer_signal();
// Raises it, with what the timer says of itself. No lock.
void raise_for_timer(const TimerSignal& ended);

// Descriptors that the program gives up; any thread, no lock.
void forget_descriptor_timers(int first, int last);
// In a child of the program's, which its parent's timers send nothing. No lock.
void drop_signal_timers();
// In one whose parent goes on beside it, and is who makes their common descriptors readable.
void drop_timers();

}  // namespace crashreel::player
