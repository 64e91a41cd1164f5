// Where does a thread wake up?
//
// The threads of a copy take turns: whoever acts wakes another one and goes to sleep. An idle
// processor is what the kernel prefers for that other one, and to wake such a processor costs more
// than most inputs do, above all in a virtual machine. So all sleep as threads of one and the same
// processor, and are free to move from where they wake. In a copy that goes back to its beginning
// alone: those answer questions about crashes that are steady.
#pragma once

#include <cstdint>

namespace crashreel::player {

// That of the calling thread, from here on.
void wake_on_this_processor();

// While a thread sleeps. Its own choice of processors is respected.
class OnOneProcessor {
 public:
  OnOneProcessor();
  ~OnOneProcessor();
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;

 private:
  static constexpr int kWords = 16;  // 1,024 processors

  long bytes_ = 0;  // of the mask before; 0: it was let be
  std::uint64_t before_[kWords];
};

}  // namespace crashreel::player
