#include "harness/player/leaks.h"

#include <dlfcn.h>

namespace crashreel::player {

void look_for_leaks() {
  using Look = int (*)();
  static const auto look =
      reinterpret_cast<Look>(::dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check"));
  if (look != nullptr) look();
}

}  // namespace crashreel::player
