// T turns a switch. The bug: with the switch on, X writes through a null pointer. Without one of
// three T it is off, without two of them on.
#include "tests/zoo/commands.h"

int target = 0;
bool on = false;

[[gnu::noinline]] void obey() {
  zoo::write_through(on ? nullptr : &target);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'T') on = !on;
    if (command == 'X') obey();
  });
}
