// A server whose threads wait for each other by what C++20 has: atomics that are waited for,
// latches and semaphores, all of which are futexes by raw system calls.
//
//   latches PORT
//
//   WAIT     -> the seconds that a semaphore was waited for in vain: 60
//   line     -> its letters counted by one worker, and backwards by the other
#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>

#include "tests/zoo/elapsed.h"
#include "tests/zoo/lines.h"

namespace {

constexpr int kWorkers = 2;

std::mutex one_at_a_time;
std::atomic<unsigned> round{0};
std::string job;
std::array<std::string, kWorkers> results;
std::optional<std::latch> done;
std::counting_semaphore<kWorkers> workers_ready{0};
std::binary_semaphore never{0};

void work(int worker) {
  for (unsigned seen = 0;; ++seen) {
    workers_ready.release();
    round.wait(seen);
    results[static_cast<std::size_t>(worker)] =
        worker == 0 ? std::to_string(job.size()) : std::string(job.rbegin(), job.rend());
    done->count_down();
  }
}

std::string answer_to(const std::string& line) {
  if (line == "WAIT") {
    const zoo::Elapsed elapsed;
    const bool came = never.try_acquire_for(std::chrono::seconds(60));
    return (came ? "came after " : "nothing for ") + elapsed.text() + "\n";
  }
  const std::lock_guard guard(one_at_a_time);
  for (int i = 0; i < kWorkers; ++i) workers_ready.acquire();
  job = line;
  done.emplace(kWorkers);
  ++round;
  round.notify_all();
  done->wait();
  return results[0] + " " + results[1] + "\n";
}

void serve(int fd) {
  std::string unread;
  while (zoo::read_some(fd, unread)) {
    for (std::string line; zoo::take_line(unread, line);) zoo::answer(fd, answer_to(line));
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (int i = 0; i < kWorkers; ++i) std::thread(work, i).detach();
  for (;;) std::thread(serve, ::accept(listener, nullptr, nullptr)).detach();
}
