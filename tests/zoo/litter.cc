// A server that leaves things lying about: files and folders in its working directory, an open
// temporary file, and a child that waits for ever. It says the child's number.
//
//   litter PORT
#include <sys/stat.h>

#include <fstream>

#include "tests/zoo/lines.h"

int main(int argc, char** argv) {
  ::mkdir("folder", 0700);
  ::mkdir("folder/locked", 0000);
  std::ofstream("folder/file") << "something";
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::printf("child %d\n", static_cast<int>(child));
  std::fflush(stdout);
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    for (std::string unread; zoo::read_some(fd, unread);) continue;
    ::close(fd);
  }
}
