// Chance. R rolls a die of 256 sides, U uses what was rolled.
//
// The bug: of the sides one is blank.
#include <sys/random.h>

#include "tests/zoo/commands.h"

int sides[256];
int* rolled = &sides[0];

[[gnu::noinline]] void use() {
  zoo::write_through(rolled);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    unsigned char side = 0;
    if (command == 'R' && ::getrandom(&side, 1, 0) == 1) {
      rolled = side == '!' ? nullptr : &sides[side];
    }
    if (command == 'U') use();
  });
}
