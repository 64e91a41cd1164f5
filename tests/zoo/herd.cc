// Three threads that all accept from one listener, and each serve one connection after the other.
//
//   herd PORT [one-at-a-time]     one-at-a-time: a mutex is held around accept
//
// Every line is answered with its number in the session.
#include <mutex>
#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

std::mutex turn;

int accept_one(int listener, bool one_at_a_time) {
  std::unique_lock guard(turn, std::defer_lock);
  if (one_at_a_time) guard.lock();
  return ::accept(listener, nullptr, nullptr);
}

void work(int listener, bool one_at_a_time) {
  for (;;) {
    const int fd = accept_one(listener, one_at_a_time);
    std::string unread;
    int lines = 0;
    while (zoo::read_some(fd, unread)) {
      for (std::string line; zoo::take_line(unread, line);) {
        zoo::answer(fd, std::to_string(++lines) + "\n");
      }
    }
    ::close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(work, listener, argc > 2);
  for (std::thread& thread : threads) thread.join();
}
