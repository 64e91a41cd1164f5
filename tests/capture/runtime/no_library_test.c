/* A C11 program that includes crashreel.h and is linked without the library: it must link, run, and
 * be told that nothing is recorded. */
#include <errno.h>

#include "capture/runtime/crashreel.h"

int main(void) {
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  crashreel_stats stats = {sizeof stats, 0, 0, 0};
  if (crashreel_start(&options) != ENOSYS) return 1;
  crashreel_open(1);
  crashreel_data(1, "x", 1);
  crashreel_close(1);
  crashreel_note("x", 1);
  crashreel_clock(0, 1);
  crashreel_random("x", 1);
  crashreel_signal(1);
  crashreel_digest(1, "x", 1);
  if (crashreel_add_file("x", 0600, "x", 1) != ENOSYS) return 2;
  if (crashreel_stats_now(&stats) != ENOSYS) return 3;
  if (crashreel_new_session() != 0) return 4;
  crashreel_pin("key", CRASHREEL_NOTE, CRASHREEL_NO_SESSION, "x", 1);
  crashreel_session_ended(1, 1);
  if (crashreel_save_now() != ENOSYS) return 5;
  if (crashreel_flush() != ENOSYS) return 6;
  if (crashreel_check_rules("mask:word:x", NULL, 0) != ENOSYS) return 7;
  crashreel_stop();
  return 0;
}
