// Which descriptors did the process have open, and does it still?
#pragma once

#include <sys/types.h>

namespace crashreel::player {

class KeptDescriptors {
 public:
  // Those that are open now. False: there are too many, or the kernel does not tell.
  bool take();

  // Whether all that the program had then is still there, as far as make_own()
  // (shared_descriptors.h) does not make it again from nothing. The player's own have to be there.
  bool are_there() const;

  // Closes all others.
  bool close_others() const;

 private:
  static constexpr int kMost = 512;

  struct Kept {
    int fd;
    bool is_own;
    bool listens;
    mode_t type;
    dev_t device;
    ino_t inode;
  };

  static bool look(int fd, Kept* kept);
  bool has(int fd) const;

  int count_ = 0;
  Kept kept_[kMost];
};

}  // namespace crashreel::player
