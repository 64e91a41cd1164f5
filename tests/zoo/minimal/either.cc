// Alternatives. The bug: X as well as Y spoils what F fires at.
#include "tests/zoo/commands.h"

int target = 0;
int* aim = &target;

[[gnu::noinline]] void fire() {
  zoo::write_through(aim);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'X' || command == 'Y') aim = nullptr;
    if (command == 'F') fire();
  });
}
