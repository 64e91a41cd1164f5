// S subscribes a session, N tells all that are subscribed.
//
// The bug: whoever hangs up stays subscribed. The closing is needed as much as the inputs are.
#include "tests/zoo/commands.h"

int mailboxes[zoo::kMostSessions];
int* subscribed[zoo::kMostSessions];
bool is_subscribed[zoo::kMostSessions];

[[gnu::noinline]] void tell_all() {
  for (int i = 0; i < zoo::kMostSessions; ++i) {
    if (is_subscribed[i]) zoo::write_through(subscribed[i]);
  }
}

int main(int, char** argv) {
  zoo::serve(
      argv[1],
      [](int session, const char* bytes, int size) {
        for (int i = 0; i < size; ++i) {
          if (bytes[i] == 'S') {
            subscribed[session] = &mailboxes[session];
            is_subscribed[session] = true;
          }
          if (bytes[i] == 'N') tell_all();
        }
      },
      [](int session) { subscribed[session] = nullptr; });
}
