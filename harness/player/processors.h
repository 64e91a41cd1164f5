// On which processors may a thread run, and how is it held to one of them?
#pragma once

#include <cstdint>

namespace crashreel::player {

class Processors {
 public:
  // Where the calling thread runs now; -1: not known.
  static int here();

  // Those of the calling thread.
  void take();
  // It runs on these; on this one alone where it is one of them. -1: none is.
  void put(int only) const;
  // That thread runs on these.
  void put_for(int thread) const;

 private:
  static constexpr int kWords = 16;  // 1,024 processors

  long bytes_ = 0;  // that the kernel gave; 0, or an error: not known, and nothing is changed
  std::uint64_t words_[kWords];
};

}  // namespace crashreel::player
