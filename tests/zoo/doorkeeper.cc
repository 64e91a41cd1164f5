// A server whose allocator takes a lock to free, as those with statistics or arenas do, and whose
// threads begin while that lock is wanted by all: each frees a thousand times, then ends. Lines are
// answered with themselves.
//
//   doorkeeper PORT
#include <pthread.h>

#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

extern "C" void __libc_free(void* bytes) noexcept;

namespace {
pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
}

extern "C" void free(void* bytes) noexcept {
  ::pthread_mutex_lock(&door);
  __libc_free(bytes);
  ::pthread_mutex_unlock(&door);
}

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::vector<std::thread> visitors;
  for (int i = 0; i < 8; ++i) {
    visitors.emplace_back([] {
      for (int j = 0; j < 1000; ++j) ::free(std::malloc(16));
    });
  }
  for (std::thread& visitor : visitors) visitor.join();
  zoo::serve_lines(listener, [](int fd, const std::string& line) { zoo::answer(fd, line + "\n"); });
}
