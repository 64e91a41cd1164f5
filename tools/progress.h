// What does a waiting person want to know, and how often?
//
// One line on stderr: on a terminal rewritten in place several times a second, else a line of its
// own every few seconds, so that a log stays readable. Nothing with --quiet. What the line says is
// the caller's: how much is done, how much is left, what it found so far.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace crashreel {

class Console;

enum class ProgressStyle { kSilent, kInPlace, kLines };

class ProgressLine {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Sink = std::function<void(std::string_view)>;  // takes bytes for stderr

  explicit ProgressLine(const Console& console);
  ProgressLine(ProgressStyle style, std::size_t columns, Clock clock, Sink sink);
  // Takes a line that is still standing off the terminal.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cheap when called too often: most lines are never shown. From one thread at a time.
  void update(std::string_view line);
  // Before something else is written to stderr, and at the end.
  void clear();

 private:
  ProgressStyle style_;
  std::size_t columns_;
  Clock clock_;
  Sink sink_;
  std::chrono::steady_clock::time_point shown_;
  bool standing_ = false;
};

}  // namespace crashreel
