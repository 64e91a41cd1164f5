// A server whose answers depend on what a fork shares: it answers each line with the next bytes of
// a file, with how much lies in a pipe and a counter of its own that it adds to, and with how often
// it wrote to a second file. It waits by epoll, and its listener is in the set from the start.
//
//   belongings PORT
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "tests/zoo/epoll_lines.h"

namespace {

struct Belongings {
  int list = -1;
  int log = -1;
  int counter = -1;
  int ends[2] = {-1, -1};

  Belongings() {
    std::ofstream("list") << "abcdefghijklmnopqrstuvwxyz";
    list = ::open("list", O_RDONLY | O_CLOEXEC);
    log = ::open("log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    counter = ::eventfd(3, EFD_CLOEXEC | EFD_NONBLOCK);
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = -1;
    char first[4];
    (void)!::read(list, first, sizeof first);
  }

  std::string use() {
    char next[2] = {};
    const std::uint64_t one = 1;
    int waiting = 0;
    struct stat status = {};
    (void)!::read(list, next, sizeof next);
    (void)!::write(log, "x", 1);
    (void)!::write(counter, &one, sizeof one);
    (void)!::write(ends[1], "x", 1);
    ::ioctl(ends[0], FIONREAD, &waiting);
    ::fstat(log, &status);
    std::uint64_t count = 0;
    (void)!::read(counter, &count, sizeof count);
    (void)!::write(counter, &count, sizeof count);
    return std::string(next, sizeof next) + " " + std::to_string(waiting) + " " +
           std::to_string(count) + " " + std::to_string(status.st_size) + "\n";
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const int set = zoo::set_with(listener);
  Belongings belongings;
  zoo::serve_lines(set, listener, [&](const std::string&) { return belongings.use(); });
}
