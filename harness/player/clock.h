// What time is it in the fresh instance?
//
// A virtual clock that stands at the time of the last delivered input, so that a replay needs no
// waiting and reads the same times every run. Every reading moves it by a tick, so that a program
// that spins until time has passed gets there. All times are nanoseconds since the try's start.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace crashreel::player {

inline constexpr std::uint64_t kForever = UINT64_MAX;

// Once, before main: until then the kernel is asked.
void find_real_clock();

// The wall clock shows start_realtime_ns at time 0. Until this is called all clocks are the real
// ones.
void start_clock(std::uint64_t start_realtime_ns);
// Where it is counted how often the program asked for processor time, which stays real.
void count_real_times(std::atomic<std::uint32_t>* count);
void note_real_time();
// Back to the real clocks: in a child that the program forked.
void abandon_clock();

// Whether this clock is virtual; processor time of a process or thread stays real.
bool is_served(clockid_t clock);

std::uint64_t now_ns();
// Never goes back.
void advance_clock(std::uint64_t to_ns);

// now + timeout, without overflow; a timeout of kForever has no deadline.
std::uint64_t deadline_in(std::uint64_t timeout_ns);

// The virtual time at which the given clock would show `when`.
std::uint64_t deadline_at(clockid_t clock, const timespec& when);

std::uint64_t to_ns(const timespec& span);

}  // namespace crashreel::player
