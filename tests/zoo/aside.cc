// A server that takes in more than its sessions bring: a counter in a file that it maps, shared
// with whoever maps it, too, and changes of files. Each line is answered with the counter, one
// higher.
//
//   aside PORT FILE       FILE holds 8 bytes
//   aside PORT FILE raw   accepts its connections by raw system calls
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstdint>

#include "tests/zoo/lines.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int file = ::open(argv[2], O_RDWR | O_CLOEXEC);
  void* const shared = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int changes = ::inotify_init1(IN_CLOEXEC);
  if (shared == MAP_FAILED || changes < 0) return 1;
  auto& counter = *static_cast<std::uint64_t*>(shared);
  const int listener = zoo::listen_on(argv[1]);
  for (;;) {
    const int fd = argc > 3
                       ? static_cast<int>(::syscall(SYS_accept4, listener, nullptr, nullptr, 0))
                       : ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::string unread, line;
    while (zoo::read_some(fd, unread)) {
      while (zoo::take_line(unread, line)) zoo::answer(fd, std::to_string(++counter) + "\n");
    }
    ::close(fd);
  }
}
