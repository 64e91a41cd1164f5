// Two bugs close together: C after A dies in one place, C after A and B in another one. Who looks
// for the second and leaves out B has found the first, which is smaller.
#include "tests/zoo/commands.h"

bool a = false;
bool b = false;

[[gnu::noinline]] void first_place(int* pointer) {
  zoo::write_through(pointer);
}

[[gnu::noinline]] void second_place(int* pointer) {
  zoo::write_through(pointer);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'A') a = true;
    if (command == 'B') b = true;
    if (command == 'C' && a) (b ? second_place : first_place)(nullptr);
  });
}
