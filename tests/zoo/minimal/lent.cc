// Across sessions: L lends what a session has, T, in another one, takes it, B, of the lender, wants
// it back, U uses what was taken.
//
// The bug: it is used after it was given back.
#include "tests/zoo/commands.h"

int value = 0;
int* thing = nullptr;
int lender = -1;
int taker = -1;

[[gnu::noinline]] void use() {
  zoo::write_through(thing);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int session, char command) {
    if (command == 'L' && taker < 0) lender = session, thing = &value;
    if (command == 'T' && lender >= 0 && lender != session) taker = session;
    if (command == 'B' && taker >= 0 && lender == session) thing = nullptr;
    if (command == 'U' && taker == session) use();
  });
}
