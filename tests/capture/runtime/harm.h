// What is done to a program so that it comes to harm, and how it is seen that it did not.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"
#include "tests/sanitized.h"

namespace crashreel {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CRASHREEL_TEST_IS_THREAD_SANITIZED 1
#endif
#endif
#ifdef CRASHREEL_TEST_IS_THREAD_SANITIZED
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

inline constexpr int kNoRight = 77;  // a child's exit status: it may not do what the test needs

// Runs `work` in a child; its result must be 0.
template <typename Work>
void expect_unharmed(Work&& work) {
  const int status = in_child(std::forward<Work>(work));
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoRight) {
    GTEST_SKIP() << "needs the right to mount";
  }
  EXPECT_TRUE(WIFEXITED(status)) << "killed by " << strsignal(WTERMSIG(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

inline std::uint64_t ring_bytes_now() {
  crashreel_stats stats = {};
  stats.struct_size = sizeof stats;
  return crashreel_stats_now(&stats) == 0 ? stats.ring_bytes : 0;
}

// As a program asks that sets nothing but a place and a size: with a prelude, heads and pins.
inline crashreel_options usual_options(const RingPath& path, std::uint64_t bytes = kSmallRing) {
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = path.c_str();
  options.ring_bytes = bytes;
  return options;
}

// What a program does all day: all of crashreel.h that needs no system call once it has been done.
inline void record_all_day() {
  const std::string large(10000, 'x');
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::uint32_t session = crashreel_new_session();
    crashreel_open(session);
    record_text(session, payload({session, i}, 8 + i));
    record_text(session, large);
    crashreel_clock(CLOCK_REALTIME, i);
    crashreel_random(large.data(), 16);
    crashreel_digest(session, large.data(), i);
    crashreel_pin("key", CRASHREEL_DATA, session, large.data(), i);
    i % 2 == 0 ? crashreel_close(session) : crashreel_session_ended(session, i % 4 == 1);
  }
  crashreel_pin(nullptr, CRASHREEL_NOTE, CRASHREEL_NO_SESSION, "no key", 6);
  crashreel_signal(SIGTERM);
  crashreel_add_file("/etc/a.conf", 0600, "a", 1);
  crashreel_add_file("/etc/large.conf", 0600, large.data(), large.size());
  crashreel_note("n", 1);
  crashreel_record(99, 0, "", 0);  // no such kind
  ring_bytes_now();
}

// Every call of crashreel.h is among it, start and stop aside.
inline void record_all_kinds_of_things() {
  record_all_day();
  crashreel_save_now();
  crashreel_flush();
  char complaint[80];
  crashreel_check_rules("mask:nothing", complaint, sizeof complaint);
}

}  // namespace crashreel
