// What of the recorder's own memory does each input and each answer touch?
//
// All that decides about them lies at the beginning of one page, and what the runtime asks for each
// record behind it (runtime/hot_data.h says why).
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "capture/interpose/descriptors.h"
#include "capture/interpose/real_call.h"

namespace crashreel {

// The real functions behind the hooks that are called most, once they have been looked up.
struct HotCalls {
  decltype(&::read) read;
  decltype(&::readv) readv;
  decltype(&::recv) recv;
  decltype(&::recvfrom) recvfrom;
  decltype(&::recvmsg) recvmsg;
  decltype(&::write) write;
  decltype(&::writev) writev;
  decltype(&::send) send;
  decltype(&::sendto) sendto;
  decltype(&::sendmsg) sendmsg;
  int (*clock_gettime)(clockid_t clock, timespec* now);
  int (*gettimeofday)(timeval* now, void* zone);
  time_t (*time)(time_t* now);
};

// The flags are set once, and read with __atomic_load_n.
struct HotState {
  DescriptorTable descriptors;
  bool has_datagrams;  // has there been any descriptor of that kind?
  bool has_tls;        // has any thread been inside TLS?
  bool records_here;   // are the calls of crashreel.h our own? A program may have brought others
  bool digests;
  bool every_clock;
  HotCalls real;
};

extern HotState g_hot;

inline bool is_on(const bool& flag) {
  return __atomic_load_n(&flag, __ATOMIC_RELAXED);
}

inline void turn_on(bool& flag, bool on = true) {
  if (is_on(flag) != on) __atomic_store_n(&flag, on, __ATOMIC_RELAXED);
}

}  // namespace crashreel

// As CRASHREEL_REAL, for the functions of HotCalls.
#define CRASHREEL_HOT_REAL(function)                                   \
  (__builtin_expect(::crashreel::g_hot.real.function != nullptr, true) \
       ? ::crashreel::g_hot.real.function                              \
       : CRASHREEL_REAL(function))
// Beforehand.
#define CRASHREEL_PREPARE_HOT(function) \
  (::crashreel::g_hot.real.function = CRASHREEL_REAL(function))
