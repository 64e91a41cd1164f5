// How does a program read its standard input while somebody else knows where each input ends?
//
// The program gets a pipe of one page in place of our own standard input, and is given one input at
// a time. A pipe of one page holds one buffer, and poll() calls it writable only when that buffer
// has been read to its end: so when it is writable the program has taken all that it was given.
// That holds whatever the program reads with, stdio included, which no preloaded read() sees.
//
// An input is a line with its newline. A line longer than kMostStdinInput is cut there. A line that
// its writer leaves unfinished is handed over as it is once nothing more is there and the program
// has taken everything else, for the writer may be waiting for the answer. Each input is recorded
// before it is handed over.
//
// Nothing here knows rings: what is recorded goes to a function.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

inline constexpr std::size_t kMostStdinInput = 64 << 10;

// Cuts a stream of bytes into inputs.
class LineCutter {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  bool empty() const { return bytes_.empty(); }

  // The next whole input, if there is one.
  std::optional<std::string> take_line();
  // What is left, whole or not.
  std::string take_rest();

  // Enough for an input, whatever follows.
  bool full() const { return bytes_.size() >= kMostStdinInput; }

 private:
  std::string take(std::size_t size);

  std::string bytes_;
};

class StdinPump {
 public:
  // kOpen once, before the first input; kData; kClose at the source's end.
  using Record = std::function<void(InputKind kind, std::string_view bytes)>;

  // Is there something to hand on? A terminal is left to the program, for it is used for more than
  // reading; from /dev/null and other devices nothing comes.
  static bool is_wanted_for(int source);

  // `source` stays the caller's.
  static Result<StdinPump> make(int source, Record record);

  // What becomes descriptor 0 of the program; close it here once the program has it.
  int program_end() const { return program_end_.get(); }
  void close_program_end() { program_end_.reset(); }

  // What to wait for: the source and the pipe, in this order. A descriptor of -1 is not waited for.
  static constexpr std::size_t kPolled = 2;
  void ask(pollfd polled[kPolled]) const;
  // The program has taken lines before, and has not taken the one that it was given last.
  bool is_waiting() const;
  // What came of it. Never waits.
  void step(const pollfd polled[kPolled]);

 private:
  StdinPump(int source, OwnedFd program_end, OwnedFd our_end, Record record)
      : source_(source),
        program_end_(std::move(program_end)),
        our_end_(std::move(our_end)),
        record_(std::move(record)) {}

  bool has_something() const { return !in_flight_.empty() || !cutter_.empty() || source_ended_; }
  void read_source();
  void hand_over();
  std::optional<std::string> next_input();
  void note(InputKind kind, std::string_view bytes);

  int source_;
  OwnedFd program_end_;
  OwnedFd our_end_;  // closed: nothing more will be handed over
  Record record_;
  LineCutter cutter_;
  std::string in_flight_;  // of a long input, what the program was not yet given
  bool source_ended_ = false;
  bool opened_ = false;
  std::uint64_t inputs_ = 0;  // handed over
};

}  // namespace crashreel
