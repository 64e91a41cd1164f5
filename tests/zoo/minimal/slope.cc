// N and a number behind it in the same read. Two bugs: numbers from 1000 on overrun one table,
// those from 10 on another one. Leaving out digits leads from the first to the second.
#include "tests/zoo/commands.h"

[[gnu::noinline]] void large_table(int* pointer) {
  zoo::write_through(pointer);
}

[[gnu::noinline]] void small_table(int* pointer) {
  zoo::write_through(pointer);
}

void take(const char* bytes, int size) {
  int number = -1;
  for (int i = 0; i < size; ++i) {
    if (bytes[i] == 'N') number = 0;
    const bool digit = bytes[i] >= '0' && bytes[i] <= '9';
    if (number >= 0 && digit) number = 10 * number + (bytes[i] - '0');
  }
  if (number >= 1000) large_table(nullptr);
  if (number >= 10) small_table(nullptr);
}

int main(int, char** argv) {
  zoo::serve(argv[1], [](int, const char* bytes, int size) { take(bytes, size); }, [](int) {});
}
