// A server that waits in poll() with a time-out. What it answers: timekeeper.h.
//
//   idle_poll PORT
#include <poll.h>

#include "tests/zoo/timekeeper.h"

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::Timekeeper keeper;
  for (;;) {
    std::vector<pollfd> waiting = {{listener, POLLIN, 0}};
    for (const auto& [fd, session] : keeper.sessions) waiting.push_back({fd, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), zoo::kSweepMs) == 0) keeper.sweep();
    if (waiting[0].revents != 0) keeper.accept_from(listener);
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) keeper.serve(waiting[i].fd);
    }
  }
}
