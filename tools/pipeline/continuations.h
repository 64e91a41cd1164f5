// What could have come instead of what came?
//
// A continuation is more of what the program takes every day: one kind of input that the reel has,
// several times over, in a session of its own and in the one that was spoken in when the program
// died. Put behind the first so many inputs of a reel it shows whether they have doomed the
// program already. Whether it does harm by itself is not known here: that is asked.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/sequence.h"

namespace crashreel {

// The first word of what an input says: runs of letters, in whatever protocol; else its first
// bytes.
std::string kind_of(const std::string& payload);

class Continuations {
 public:
  // Of the most frequent kinds up to the trigger, and of the trigger's own; at most `most` of them.
  // The reel must outlive this; `trigger` is a position in its inputs.
  Continuations(const Reel& reel, std::size_t trigger, std::size_t most);

  std::size_t size() const { return kinds_.size(); }
  // Bytes of strangers.
  const std::string& kind(std::size_t number) const { return kinds_[number]; }
  // What is said again and again: a position in the reel's inputs.
  std::size_t said(std::size_t number) const { return said_[number]; }

  // The reel's inputs before position `end`, then continuation `number`. Borrowed from the reel and
  // from here.
  Sequence after(std::size_t end, std::size_t number) const;

 private:
  std::deque<Input> made_;
  std::vector<std::string> kinds_;
  std::vector<std::size_t> said_;
  std::vector<std::vector<const Input*>> inputs_;  // of each; the openings first
  const Reel& reel_;
};

}  // namespace crashreel
