// From the standard input: ( goes one level down, ) one level up.
//
// The bug: the sixth level is one too many.
#include "tests/zoo/commands.h"

int level = 0;

[[gnu::noinline]] void go_down() {
  if (++level > 5) std::abort();
  asm volatile("");
}

int main() {
  zoo::read_commands([](char command) {
    if (command == '(') go_down();
    if (command == ')' && level > 0) --level;
  });
  return 0;
}
