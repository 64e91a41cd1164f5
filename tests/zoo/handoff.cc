// A server whose main thread hands each line to one of two workers through a semaphore.
//
//   handoff PORT
//
// A worker that has finished looks whether there is more before it waits, so that a post meant for
// the one may be taken by the other. Every line is answered with the number of lines so far; ASIDE
// is answered by a thread of its own, which the main thread joins at once, and BESIDE by one that
// is joined later, when it has ended and another worker is just being started.
#include <poll.h>
#include <semaphore.h>

#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

struct Job {
  int fd;
  std::string line;
};

sem_t available;
std::mutex lock;
std::deque<Job> jobs;
int answered = 0;

void take_one() {
  if (::sem_trywait(&available) != 0) ::sem_wait(&available);
}

void answer_numbered(int fd) {
  std::unique_lock guard(lock);
  const int number = ++answered;
  guard.unlock();
  zoo::answer(fd, std::to_string(number) + "\n");
}

void work() {
  for (;;) {
    take_one();
    std::unique_lock guard(lock);
    const Job job = jobs.front();
    jobs.pop_front();
    guard.unlock();
    answer_numbered(job.fd);
  }
}

void hand_over(int fd, std::string& unread) {
  for (std::string line; zoo::take_line(unread, line);) {
    if (line == "ASIDE") {
      std::thread(answer_numbered, fd).join();
      continue;
    }
    if (line == "BESIDE") {
      std::thread beside(answer_numbered, fd);
      ::usleep(1000);
      std::thread(work).detach();
      beside.join();
      continue;
    }
    {
      const std::lock_guard guard(lock);
      jobs.push_back({fd, line});
    }
    ::sem_post(&available);
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::sem_init(&available, 0, 0);
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (int i = 0; i < 2; ++i) std::thread(work).detach();
  std::map<int, std::string> sessions;
  for (;;) {
    std::vector<pollfd> waiting = {{listener, POLLIN, 0}};
    for (const auto& [fd, unread] : sessions) waiting.push_back({fd, POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), -1);
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      const int fd = waiting[i].fd;
      if (waiting[i].revents == 0) continue;
      if (zoo::read_some(fd, sessions[fd])) {
        hand_over(fd, sessions[fd]);
      } else {
        ::close(fd);
        sessions.erase(fd);
      }
    }
    if (waiting[0].revents != 0) sessions[::accept(listener, nullptr, nullptr)];
  }
}
