// Should the next copy of a fork server prepare for coming back (player/rewind.h)? That takes an
// image of all its memory, of no use where it does not.
#pragma once

namespace crashreel {

class CopyPolicy {
 public:
  bool prepares() const { return lost_ <= back_ + kAttempts; }

  // How those ended that had prepared.
  void note_back() { ++back_; }
  void note_lost() { ++lost_; }

 private:
  static constexpr int kAttempts = 2;

  int back_ = 0;
  int lost_ = 0;
};

}  // namespace crashreel
