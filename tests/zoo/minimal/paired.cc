// O opens, C closes. The bug: X writes through a null pointer, but only where all that was opened
// is closed and nothing was closed that was not open; else the program ends in peace. So no O can
// go without its C, nor a C without its O.
#include "tests/zoo/commands.h"

int open_now = 0;

[[gnu::noinline]] void obey() {
  zoo::write_through(nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'O') ++open_now;
    if (command == 'C') --open_now;
    if (open_now < 0 || (command == 'X' && open_now != 0)) std::exit(0);
    if (command == 'X') obey();
  });
}
