// A hang. The bug: L after K waits for what never happens, and burns the processor meanwhile.
#include "tests/zoo/commands.h"

volatile bool key_is_gone = false;

[[gnu::noinline]] void take_lock() {
  while (key_is_gone) {
  }
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'K') key_is_gone = true;
    if (command == 'L') take_lock();
  });
}
