// The same as a C++ program, which the C driver links: so nothing of it needs libstdc++, and
// neither does the library.
#include <errno.h>
#include <stdio.h>

#include "capture/runtime/crashreel.h"

namespace {

struct Counter {
  int asked = 0;

  static size_t hide_nothing(void* context, uint32_t, uint32_t, const void*, size_t,
                             crashreel_range*, size_t) {
    ++static_cast<Counter*>(context)->asked;
    return 0;
  }
};

class Session {
 public:
  Session() : number_(crashreel_new_session()) { crashreel_open(number_); }
  ~Session() { crashreel_close(number_); }
  void ended() { crashreel_session_ended(number_, 1); }
  void answered(const char* bytes, size_t size) { crashreel_digest(number_, bytes, size); }
  void schema(const char* bytes, size_t size) {
    crashreel_pin("schema", CRASHREEL_DATA, number_, bytes, size);
  }
  void took(const char* bytes, size_t size) { crashreel_data(number_, bytes, size); }

 private:
  uint32_t number_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Counter counter;
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = argv[1];
  options.ring_bytes = 256 << 10;
  options.redact_rules = "hash:literal:hunter";
  options.redact = Counter::hide_nothing;
  options.redact_context = &counter;
  const int started = crashreel_start(&options);
  if (started != 0 && started != ENOSYS) return 3;
  {
    Session session;
    session.took("AUTH hunter", 11);
    session.answered("OK", 2);
    session.took("AUTH hunter", 11);
    session.schema("create", 6);
    crashreel_clock(1, 5);
    crashreel_random("abc", 3);
    crashreel_signal(10);
    session.ended();
  }
  if (puts("served") < 0) return 4;
  if (counter.asked != (started == 0 ? 5 : 0)) return 5;
  if (crashreel_flush() != started) return 6;
  if (crashreel_save_now() != (started == 0 ? ESRCH : ENOSYS)) return 7;
  char text[64];
  if (crashreel_check_rules("mask:word:x", text, sizeof text) != (started ? ENOSYS : EINVAL)) {
    return 8;
  }
  crashreel_stop();
  return started;
}
