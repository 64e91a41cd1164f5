// Time. T hands out a ticket that is good for five seconds, U uses it.
//
// The bug: one that has expired is gone and used nevertheless.
#include <time.h>

#include "tests/zoo/commands.h"

constexpr long kSeconds = 5;
int ticket = 0;
long handed_out = 0;
bool is_out = false;

long now() {
  timespec time = {};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

[[gnu::noinline]] void use() {
  zoo::write_through(now() - handed_out < kSeconds ? &ticket : nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'T') handed_out = now(), is_out = true;
    if (command == 'U' && is_out) use();
  });
}
