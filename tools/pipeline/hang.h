// Does the program still take inputs, when there are some to take?
//
// An idle server is not hung, a busy machine is not a hung program, and a clock on the wall proves
// nothing. So time counts against a program only while all of this holds:
//   - nothing new stands in its ring;
//   - something waits for it: unread bytes in one of its TCP connections, a client in the queue of
//     one of its listeners, or a line of standard input that follows one which it took; or, if
//     nothing waits, every one of its threads burns the processor;
//   - it is not stopped (SIGSTOP, a debugger).
// What counts is the time in which all of its threads slept, and the processor time that it used;
// not that for which it waited for a processor. When that reaches the bound it hangs, once, until
// it takes an input again.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace crashreel {

struct HangOptions {
  std::chrono::milliseconds after{0};  // 0: nobody looks
  int kill_signal = 0;                 // sent to the program when it hangs; 0: none
};

// What was seen of a process at one moment. Sums grow as long as it lives.
struct ProcessSample {
  std::chrono::nanoseconds at{0};   // steady clock
  std::chrono::nanoseconds cpu{0};  // used by all threads
  std::uint64_t progress = 0;       // another number: something new is in the ring
  std::uint32_t threads = 0;
  std::uint32_t runnable = 0;  // of these
  bool stopped = false;
  std::uint32_t unread = 0;  // connections with unread bytes
  std::uint32_t queued = 0;  // listeners with clients that were not accepted
  bool line_waits = false;   // on standard input
};

// The rule alone. Samples come in the order of time.
class HangRule {
 public:
  explicit HangRule(std::chrono::nanoseconds after) : after_(after) {}

  // How it hangs, in one line; once per hang.
  std::optional<std::string> add(const ProcessSample& sample);

 private:
  std::chrono::nanoseconds after_;
  std::chrono::nanoseconds counted_{0};
  std::optional<ProcessSample> last_;
  bool told_ = false;
};

// Looks at a running process every now and then. `ring_path` is its ring's.
class HangWatch {
 public:
  HangWatch(const HangOptions& options, pid_t process, const std::string& ring_path);

  // For poll(): -1 when nobody looks.
  int ms_to_next_look() const;
  // When it is time, looks.
  std::optional<std::string> look(bool line_waits);

 private:
  using Clock = std::chrono::steady_clock;

  const pid_t process_;
  const std::string& ring_path_;
  const Clock::duration between_;  // 0: nobody looks
  HangRule rule_;
  Clock::time_point next_;
};

}  // namespace crashreel
