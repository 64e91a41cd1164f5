// Should the next copy of a fork server prepare for coming back (player/rewind.h)? That costs about
// as much as a copy that comes back saves once.
#pragma once

namespace crashreel {

class CopyPolicy {
 public:
  bool prepares() const { return refusals_ < kMostRefusals && survived_ >= died_; }

  // One can't come back, and neither will others.
  void note_refusal() { ++refusals_; }

  void note_end(bool survived) {
    ++(survived ? survived_ : died_);
    if (survived_ + died_ < kRemembered) return;
    survived_ /= 2;
    died_ /= 2;
  }

 private:
  static constexpr int kMostRefusals = 3;
  static constexpr int kRemembered = 16;

  int refusals_ = 0;
  int survived_ = 0;
  int died_ = 0;
};

}  // namespace crashreel
