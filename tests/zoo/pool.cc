// A server whose main thread takes in lines and whose two workers answer them.
//
//   pool PORT
//
//   OPEN   -> OK: there is an account now
//   PAY    -> OK, or ERR where there is no account
//   other  -> the line, backwards
//
// The bug: OPEN makes an account without a ledger, and PAY writes into it, in a worker. Known
// minimum (pool.json): 2 inputs on 1 session, 9 bytes.
#include <sys/epoll.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "tests/zoo/lines.h"

namespace {

struct Account {
  int* ledger = nullptr;
};

struct Job {
  int fd;
  std::string line;
};

std::mutex lock;
std::condition_variable more;
std::deque<Job> jobs;
bool opened = false;
Account account;

void pay() {
  volatile int* const ledger = account.ledger;
  *ledger = 1;
}

std::string answer_to(const std::string& line) {
  if (line == "OPEN") return opened = true, "OK\n";
  if (line == "PAY" && !opened) return "ERR\n";
  if (line == "PAY") return pay(), "OK\n";
  return std::string(line.rbegin(), line.rend()) + "\n";
}

// Jobs are taken with the lock released between the queue and the answer, and announced after the
// lock is released, as pools do.
void work() {
  for (;;) {
    std::unique_lock guard(lock);
    more.wait(guard, [] { return !jobs.empty(); });
    const Job job = jobs.front();
    jobs.pop_front();
    guard.unlock();
    zoo::answer(job.fd, answer_to(job.line));
  }
}

void hand_over(int fd, std::string& unread) {
  for (std::string line; zoo::take_line(unread, line);) {
    {
      const std::lock_guard guard(lock);
      jobs.push_back({fd, line});
    }
    more.notify_one();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::thread(work).detach();
  std::thread(work).detach();
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::map<int, std::string> sessions;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    if (::epoll_wait(epoll, &event, 1, -1) != 1) continue;
    const int fd = event.data.fd;
    if (fd == listener) {
      event.data.fd = ::accept(listener, nullptr, nullptr);
      event.events = EPOLLIN;
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    } else if (zoo::read_some(fd, sessions[fd])) {
      hand_over(fd, sessions[fd]);
    } else {
      ::close(fd);
      sessions.erase(fd);
    }
  }
}
