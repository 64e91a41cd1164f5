// Has an instance left something in its own /tmp?
//
// Instances that one fork server makes share what they write below /tmp, /var/tmp, /run and
// /dev/shm, which is nobody else's (keeper/view.h). What one has left there the next would find, so
// who asks is told whether there is anything: a new name in one of these folders, or one less. What
// was changed further below is not seen.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

namespace crashreel {

class Scratch {
 public:
  // As it is now, in the view of this process. Where that can't be looked at, or is the same as
  // ours, there is nothing to be told.
  static Scratch of(pid_t pid);

  bool has_changed() const;

 private:
  struct Place {
    std::string path;
    timespec modified;
    std::vector<std::string> names;  // sorted
  };
  std::vector<Place> places_;
};

}  // namespace crashreel
