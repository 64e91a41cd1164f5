// A signal is an input: SIGHUP has the settings read again.
//
// The bug: until they are, there are none for X.
#include <signal.h>

#include "tests/zoo/commands.h"

int settings = 0;
int* volatile current = &settings;

void forget(int) {
  current = nullptr;
}

[[gnu::noinline]] void obey() {
  zoo::write_through(current);
}

int main(int, char** argv) {
  struct sigaction action = {};
  action.sa_handler = forget;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGHUP, &action, nullptr);
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'X') obey();
  });
}
