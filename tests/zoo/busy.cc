// A server that never comes back from the line SPIN. Other lines are answered with themselves.
//
//   busy PORT
#include "tests/zoo/lines.h"

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::serve_lines(listener, [](int fd, const std::string& line) {
    volatile bool spinning = line == "SPIN";
    while (spinning) continue;
    zoo::answer(fd, line + "\n");
  });
}
