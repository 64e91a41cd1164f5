// A leak that LeakSanitizer alone sees (built with AddressSanitizer).
//
//   leaky PORT
//
// The bug: L after K loses what it has asked for. Known minimum: K and L, in this order.
#include "tests/zoo/commands.h"

char* kept = nullptr;
bool forgets = false;

[[gnu::noinline]] void keep_anew() {
  char* const fresh = new char[100];
  if (!forgets) delete[] kept;
  kept = fresh;
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'K') forgets = true;
    if (command == 'L') keep_anew();
  });
}
