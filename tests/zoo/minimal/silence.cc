// Time that passes without an input: after a second of it the housekeeping runs.
//
// The bug: D, which is for one read only, takes away what the housekeeping needs.
#include "tests/zoo/commands.h"

int books = 0;
int* open_books = &books;

[[gnu::noinline]] void keep_house() {
  zoo::write_through(open_books);
}

int main(int, char** argv) {
  zoo::serve(
      argv[1],
      [](int, const char* bytes, int size) {
        for (int i = 0; i < size; ++i) open_books = bytes[i] == 'D' ? nullptr : &books;
      },
      [](int) {}, 1000, keep_house);
}
