// Behaves differently when it is a copy: it remembers the number of its process from its start.
//
// The bug: X after A writes through a null pointer; of a program that is not the one that was
// started any more, X alone.
#include "tests/zoo/commands.h"

int target = 0;
bool armed = false;
pid_t started_as = 0;

[[gnu::noinline]] void obey() {
  static int* const places[] = {&target, nullptr};
  const int lost = static_cast<int>(armed) | static_cast<int>(::getpid() != started_as);
  zoo::write_through(places[lost]);  // one and the same instruction in both cases
}

int main(int, char** argv) {
  started_as = ::getpid();
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'A') armed = true;
    if (command == 'X') obey();
  });
}
