// A chain: 1, 2, 3 and 4 climb a ladder, whoever sends them, each from the rung below it alone.
//
// The bug: the fourth rung is broken.
#include "tests/zoo/commands.h"

char rung = '0';

[[gnu::noinline]] void climb() {
  static int rungs[4];
  zoo::write_through(rung < '4' ? &rungs[rung - '0'] : nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command != rung + 1) return;
    rung = command;
    climb();
  });
}
