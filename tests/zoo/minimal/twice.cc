// M makes a block, F frees it.
//
// The bug: F frees it again. The allocator notices, and ends the program.
#include "tests/zoo/commands.h"

void* volatile block = nullptr;

[[gnu::noinline]] void release() {
  std::free(block);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'M') block = std::malloc(100);
    if (command == 'F') release();
  });
}
