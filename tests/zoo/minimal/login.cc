// Sessions need their beginning: what is sent before O is refused.
//
// The bug: X of a session that was let in writes through a null pointer.
#include "tests/zoo/commands.h"

bool let_in[zoo::kMostSessions];

[[gnu::noinline]] void obey() {
  zoo::write_through(nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int session, char command) {
    if (command == 'O') let_in[session] = true;
    if (command == 'X' && let_in[session]) obey();
  });
}
