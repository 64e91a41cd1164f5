// A counter for each session. The bug: the fourth C of one and the same finds no place.
#include "tests/zoo/commands.h"

int places[3];
int counted[zoo::kMostSessions];

[[gnu::noinline]] void count(int session) {
  const int place = counted[session]++;
  zoo::write_through(place < 3 ? &places[place] : nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int session, char command) {
    if (command == 'C') count(session);
  });
}
