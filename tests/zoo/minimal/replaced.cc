// Order. K keeps a value, E empties the shelf, and R after K and E, in this order, reads nothing.
#include "tests/zoo/commands.h"

int value = 0;
int* shelf = &value;
bool kept = false;

[[gnu::noinline]] void read_shelf() {
  zoo::write_through(shelf);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'K') kept = true, shelf = &value;
    if (command == 'E' && kept) shelf = nullptr;
    if (command == 'R') read_shelf();
  });
}
