// A server that starts a thread past the name pthread_create, as some allocators do, and waits for
// a lock that this one holds.
//
//   stranger PORT
//
//   line     -> the line, once the thread has given the lock back
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>

#include "tests/zoo/lines.h"

namespace {

constexpr int kWork = 3'000'000;

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
std::atomic<int> times_held{0};

void* work(void*) {
  ::pthread_mutex_lock(&lock);
  ++times_held;
  for (std::atomic<int> i = 0; i < kWork; ++i) continue;
  ::pthread_mutex_unlock(&lock);
  return nullptr;
}

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

std::string answer_to(const std::string& line, Create create) {
  const int before = times_held;
  pthread_t worker;
  if (create(&worker, nullptr, work, nullptr) != 0) return "no thread\n";
  ::pthread_detach(worker);
  while (times_held == before) continue;
  ::pthread_mutex_lock(&lock);
  ::pthread_mutex_unlock(&lock);
  return line + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  void* const libc = ::dlopen("libc.so.6", RTLD_NOW);
  const auto create = reinterpret_cast<Create>(::dlsym(libc, "pthread_create"));
  zoo::serve_lines(
      zoo::listen_on(argc > 1 ? argv[1] : "0"),
      [create](int fd, const std::string& line) { zoo::answer(fd, answer_to(line, create)); });
}
