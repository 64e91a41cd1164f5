// How does a program that reads its standard input get one input at a time?
//
// Through a pipe of a single slot: the kernel reports it writable only when the program has taken
// the previous input, so each of the program's reads returns exactly one input and the one in
// flight is known, without a look into the program. (An input longer than the slot takes several
// reads, none of which returns anything of the next one.)
#pragma once

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "harness/sequence.h"

namespace crashreel {

class StdinFeed {
 public:
  static Result<StdinFeed> create(const Sequence& sequence);

  int read_end() const { return read_end_.get(); }
  // Once the program has it: nobody else holds the reading end.
  void close_read_end();

  // The end to wait on for POLLOUT; -1 when everything is written and the program sees the end.
  int write_end() const { return write_end_.get(); }

  // After POLLOUT (or POLLERR: the program closed its end): writes the next input.
  void write_next();

  // When the program has ended: an input that still lies in the pipe never reached it.
  void finish();

  // The program has not taken what was written last.
  bool is_full() const;

  std::uint32_t performed() const { return performed_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(inputs_.size()); }
  const Input* in_flight() const { return performed_ == 0 ? nullptr : inputs_[performed_ - 1]; }

 private:
  StdinFeed() = default;

  Sequence inputs_;  // the data among the sequence
  std::uint32_t performed_ = 0;
  std::size_t written_ = 0;  // of the input that is being written
  OwnedFd read_end_;
  OwnedFd write_end_;
};

}  // namespace crashreel
