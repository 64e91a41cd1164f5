// The bug: B writes through a null pointer.
#include "tests/zoo/commands.h"

[[gnu::noinline]] void break_it() {
  zoo::write_through(nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'B') break_it();
  });
}
