// What lies in a folder?
#pragma once

#include <dirent.h>

#include "harness/keeper/kernel.h"

namespace crashreel::keeper {

class FolderEntries {
 public:
  // Of an open folder, which stays the caller's.
  explicit FolderEntries(int folder) : folder_(folder) {}

  // The next one's name, until the next call; null: there are no more.
  const char* next() {
    for (;;) {
      if (at_ >= got_ && !get_more()) return nullptr;
      // libc's entry is the kernel's.
      const auto* entry = reinterpret_cast<const dirent*>(room_ + at_);
      at_ += entry->d_reclen;
      if (!is_itself_or_parent(entry->d_name)) return entry->d_name;
    }
  }

 private:
  static bool is_itself_or_parent(const char* name) {
    if (name[0] != '.') return false;
    return name[1] == 0 || (name[1] == '.' && name[2] == 0);
  }

  bool get_more() {
    at_ = 0;
    got_ = kernel_call(SYS_getdents64, folder_, room_, sizeof room_);
    return got_ > 0;
  }

  int folder_;
  long at_ = 0;
  long got_ = 0;
  alignas(dirent) char room_[1024];  // of an entry a name has up to 256
};

}  // namespace crashreel::keeper
