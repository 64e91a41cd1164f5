// From the standard input: D divides a hundred by the digit behind it.
//
// The bug: it divides by 0, too.
#include "tests/zoo/commands.h"

[[gnu::noinline]] int divide(int by) {
  volatile int divisor = by;
  return 100 / divisor;
}

int main() {
  char last = 0;
  zoo::read_commands([&](char command) {
    const bool digit = command >= '0' && command <= '9';
    if (last == 'D' && digit) std::printf("%d\n", divide(command - '0'));
    last = command;
  });
  return 0;
}
