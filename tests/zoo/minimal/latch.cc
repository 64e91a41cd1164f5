// Poison and trigger. The bug: P, in whatever session, loses what T writes to.
#include "tests/zoo/commands.h"

int target = 0;
int* latch = &target;

[[gnu::noinline]] void spring() {
  zoo::write_through(latch);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'P') latch = nullptr;
    if (command == 'T') spring();
  });
}
