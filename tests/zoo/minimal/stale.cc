// A use after free that only a sanitizer sees: A allocates, F frees, U uses. (U without A uses
// nothing.)
#include "tests/zoo/commands.h"

int* block = nullptr;
int* freed = nullptr;

[[gnu::noinline]] void use() {
  if (block != nullptr) zoo::write_through(block);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'A' && block == nullptr) block = new int[16]();
    if (command == 'F' && freed != block) {
      delete[] block;
      freed = block;
    }
    if (command == 'U') use();
  });
}
