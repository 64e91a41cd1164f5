// How does an interposed function reach the one it stands in front of?
//
// CRASHREEL_REAL(read)(fd, buffer, n) calls the next `read` in the loader's search order. The
// address is looked up once per library and kept; two threads that race look it up twice and agree.
// The first look-up takes the loader's lock, so what may be called in a signal handler is looked up
// beforehand: CRASHREEL_REAL(read) alone, as a statement, in a constructor. libc only.
#pragma once

#include <dlfcn.h>

namespace crashreel {

// Keyed by the function's own address, which is the same at every place that names it. Hidden, for
// two interposing libraries in one process have different next functions.
template <auto kFunction>
[[gnu::visibility("hidden")]] inline void* real_address = nullptr;

template <auto kFunction>
[[gnu::visibility("hidden")]] inline auto real_call(const char* name) {
  void* found = __atomic_load_n(&real_address<kFunction>, __ATOMIC_RELAXED);
  if (found == nullptr) {
    found = ::dlsym(RTLD_NEXT, name);
    __atomic_store_n(&real_address<kFunction>, found, __ATOMIC_RELAXED);
  }
  return reinterpret_cast<decltype(kFunction)>(found);
}

}  // namespace crashreel

#define CRASHREEL_REAL(function) (::crashreel::real_call<&::function>(#function))
