// A server that waits in select() with a time-out. What it answers: timekeeper.h.
//
//   idle_select PORT
#include <sys/select.h>

#include "tests/zoo/timekeeper.h"

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::Timekeeper keeper;
  for (;;) {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(listener, &readable);
    for (const auto& [fd, session] : keeper.sessions) FD_SET(fd, &readable);
    timeval timeout = {zoo::kSweepMs / 1000, 0};
    if (::select(FD_SETSIZE, &readable, nullptr, nullptr, &timeout) == 0) keeper.sweep();
    std::vector<int> ready;
    for (const auto& [fd, session] : keeper.sessions) {
      if (FD_ISSET(fd, &readable)) ready.push_back(fd);
    }
    for (const int fd : ready) keeper.serve(fd);
    if (FD_ISSET(listener, &readable)) keeper.accept_from(listener);
  }
}
