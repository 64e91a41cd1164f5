// A server that has something at its first input that a copy of it could not have.
//
//   unforkable PORT timer|memory|connection|watch
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <cstring>

#include "tests/zoo/lines.h"

namespace {

bool take(const char* belonging) {
  if (std::strcmp(belonging, "timer") == 0) {
    const itimerval soon = {{0, 0}, {1000, 0}};
    return ::setitimer(ITIMER_VIRTUAL, &soon, nullptr) == 0;
  }
  if (std::strcmp(belonging, "memory") == 0) {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
  }
  if (std::strcmp(belonging, "watch") == 0) return ::inotify_init1(0) >= 0;
  int ends[2];
  return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || !take(argv[2])) return 2;
  const int listener = zoo::listen_on(argv[1]);
  for (;;) ::close(::accept(listener, nullptr, nullptr));
}
