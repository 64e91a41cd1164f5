// How does an interposed function reach the one it stands in front of?
//
// CRASHREEL_REAL(read)(fd, buffer, n) calls the next `read` in the loader's search order. The
// address is looked up once and kept; two threads that race look it up twice and agree. libc only.
#pragma once

#include <dlfcn.h>

#define CRASHREEL_REAL(function)                                                          \
  ([]() -> decltype(&::function) {                                                        \
    static decltype(&::function) real;                                                    \
    auto found = __atomic_load_n(&real, __ATOMIC_RELAXED);                                \
    if (found == nullptr) {                                                               \
      found = reinterpret_cast<decltype(&::function)>(::dlsym(RTLD_NEXT, #function));     \
      __atomic_store_n(&real, found, __ATOMIC_RELAXED);                                   \
    }                                                                                     \
    return found;                                                                         \
  }())
