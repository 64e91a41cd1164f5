// A read is a digit and as many bytes as it says; everything else is refused.
//
// The bug: ! among these bytes writes through a null pointer. No byte can go alone.
#include "tests/zoo/commands.h"

[[gnu::noinline]] void obey() {
  zoo::write_through(nullptr);
}

void take(const char* bytes, int size) {
  if (bytes[0] - '0' != size - 1) return;
  for (int i = 1; i < size; ++i) {
    if (bytes[i] == '!') obey();
  }
}

int main(int, char** argv) {
  zoo::serve(argv[1], [](int, const char* bytes, int size) { take(bytes, size); }, [](int) {});
}
