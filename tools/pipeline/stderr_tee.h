// What did a sanitizer print before it ended the program?
//
// AddressSanitizer tells the recorder (capture/runtime/crash_region.h); the others tell nobody.
// Their options could send a report elsewhere, but then it would miss where its reader looks for
// it. So a program that has a sanitizer in it gets a pipe for its standard error, from which
// everything is handed on at once, and reports are also kept. Programs without one keep their own.
//
// A report begins with a line that names a sanitizer or says "runtime error: "; it ends with its
// summary or, of the latter, with the first line that is not indented. Lines around it are the
// program's own business and not kept.
#pragma once

#include <poll.h>

#include <string>
#include <string_view>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"

namespace crashreel {

// Picks the reports out of what a program prints, in whatever pieces it comes.
class ReportPicker {
 public:
  void add(std::string_view bytes);
  // At most kMaxReportBytes: what is longer was cut.
  std::string take_reports();

 private:
  enum class Within { kNothing, kReport, kRuntimeError };

  void add_line(std::string_view line);

  std::string line_;  // not whole yet; of a very long one the beginning
  Within within_ = Within::kNothing;
  std::string reports_;
};

class StderrTee {
 public:
  // `sink` stays the caller's.
  static Result<StderrTee> make(int sink);

  // What becomes descriptor 2 of the program; close it here once the program has it.
  int program_end() const { return program_end_.get(); }
  void close_program_end() { program_end_.reset(); }

  // To be waited for; -1 once nothing more can come.
  int fd() const { return our_end_.get(); }
  // Hands on a piece of what is there, and waits for nothing but the sink. False: nothing was.
  bool step();
  std::string take_reports() { return picker_.take_reports(); }

 private:
  StderrTee(int sink, OwnedFd program_end, OwnedFd our_end)
      : sink_(sink), program_end_(std::move(program_end)), our_end_(std::move(our_end)) {}

  int sink_;
  OwnedFd program_end_;
  OwnedFd our_end_;
  ReportPicker picker_;
};

}  // namespace crashreel
