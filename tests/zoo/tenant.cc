// A server that reads a configuration at its start, which it names by a part of an argument.
//
//   tenant PORT --conf=FILE
//
// Where the file can't be read it goes on without. The bug: "RENT" divides by what the file says.
// Other lines are answered with themselves.
#include <signal.h>

#include <cstdio>
#include <cstring>

#include "tests/zoo/lines.h"

namespace {

int rooms = 1;

void read_rooms(const char* argument) {
  constexpr char kName[] = "--conf=";
  if (std::strncmp(argument, kName, sizeof kName - 1) != 0) return;
  std::FILE* const file = std::fopen(argument + sizeof kName - 1, "r");
  if (file == nullptr) return;
  if (std::fscanf(file, "rooms %d", &rooms) != 1) rooms = 1;
  std::fclose(file);
}

[[gnu::noinline]] void rent() {
  if (rooms == 0) ::raise(SIGSEGV);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2) read_rooms(argv[2]);
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::serve_lines(listener, [](int fd, const std::string& line) {
    if (line == "RENT") rent();
    zoo::answer(fd, line + "\n");
  });
}
