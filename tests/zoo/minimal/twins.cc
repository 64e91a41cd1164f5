// Two bugs that die in one and the same function with one and the same signal; only who called it
// tells them apart. H measures: G has spoilt the height, or else S the length. Who leaves out G
// has found the other one.
#include "tests/zoo/commands.h"

int height = 1;
int length = 1;

[[gnu::noinline]] void fail() {
  std::abort();
}

[[gnu::noinline]] void check_height() {
  if (height == 0) fail();
  asm volatile("");  // no tail call: the frame is wanted
}

[[gnu::noinline]] void check_length() {
  if (length == 0) fail();
  asm volatile("");
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'G') height = 0;
    if (command == 'S') length = 0;
    if (command == 'H') check_height(), check_length();
  });
}
