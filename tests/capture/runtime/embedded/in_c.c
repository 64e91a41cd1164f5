/* A C11 program that hands all it can to crashreel.h, built by the C driver alone. The first
 * argument is the ring's path; with a second it has frames taken, which goes without redaction, and
 * ends by SIGABRT. Else it ends with status 0 when it was recorded, 38 (ENOSYS) when there is no
 * library, any other where something answered wrongly. What it does for its users it does in both
 * cases. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/runtime/crashreel.h"

static size_t hide_digits(void* context, uint32_t kind, uint32_t session, const void* bytes,
                          size_t size, crashreel_range* ranges, size_t most) {
  const char* text = bytes;
  size_t count = 0;
  size_t i;
  (void)kind;
  (void)session;
  ++*(int*)context;
  for (i = 0; i < size && count < most; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      ranges[count].begin = i;
      ranges[count].size = 1;
      ranges[count].action = CRASHREEL_MASK;
      ++count;
    }
  }
  return count;
}

static int serve(void) {
  const uint32_t session = crashreel_new_session();
  const uint32_t other = crashreel_new_session();
  crashreel_open(session);
  crashreel_data(session, "AUTH hunter", 11);
  crashreel_data(session, "PIN 1234", 8);
  crashreel_clock(1, 5000000007u);
  crashreel_random("abc", 3);
  crashreel_signal(10);
  crashreel_digest(session, "OK", 2);
  crashreel_note("half way", 8);
  crashreel_open(other);
  crashreel_pin("schema", CRASHREEL_DATA, other, "create", 6);
  crashreel_session_ended(other, 1);
  crashreel_close(session);
  return puts("served") >= 0 ? 0 : 1;
}

int main(int argc, char** argv) {
  static int asked;
  char text[128];
  int started;
  int recorded;
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  crashreel_stats stats;
  if (argc < 2) return 2;
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  options.ring_path = argv[1];
  options.ring_bytes = 256 << 10;
  options.frames = argc > 2;
  if (!options.frames) {
    options.redact_rules = "mask:after:\"AUTH \"";
    options.redact = hide_digits;
    options.redact_context = &asked;
  }
  started = crashreel_start(&options);
  recorded = started == 0;
  if (!recorded && started != ENOSYS) return 3;
  if (serve() != 0) return 4;
  if (options.frames) abort();
  if (crashreel_add_file("in_c.conf", 0600, "port 1\n", 7) != started) return 5;
  if (crashreel_flush() != started) return 6;
  if (crashreel_stats_now(&stats) != started) return 7;
  /* 2 of them say what was masked, 1 what was answered */
  if (stats.inputs != (recorded ? 13u : 0u)) return 8;
  if (asked != (recorded ? 7 : 0)) return 9;
  if (crashreel_check_rules("mask:word:x", text, sizeof text) != (recorded ? EINVAL : ENOSYS)) {
    return 10;
  }
  if (recorded && strstr(text, "column 6") == NULL) return 11;
  if (crashreel_save_now() != (recorded ? ESRCH : ENOSYS)) return 12; /* nobody stands by */
  crashreel_stop();
  return started;
}
