// A counter. The bug: the fifth C finds no place.
#include "tests/zoo/commands.h"

int places[4];
int counted = 0;

[[gnu::noinline]] void count() {
  zoo::write_through(counted < 4 ? &places[counted] : nullptr);
  ++counted;
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'C') count();
  });
}
