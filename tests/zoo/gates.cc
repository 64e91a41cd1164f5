// A server with a thread for each session, which wait for each other at locks of several kinds.
//
//   gates PORT
//
//   HOLD     -> held: this session reads until it says FREE, and who writes waits
//   FREE     -> free
//   ADD n    -> the sum so far, which is written
//   GET      -> the sum so far, which is read
//   PATIENT  -> the seconds that a writer waited for its turn, 60 at the most
//   MEET     -> met, as soon as another session has said so; "met last" for that one
//   LOCK     -> locked: until the session's next line, which is UNLOCK
//   UNLOCK   -> unlocked
//   TRY      -> the seconds that the mutex was waited for, 60 at the most
//   JOIN     -> the seconds that a thread was waited for which takes longer than that
#include <pthread.h>

#include <cerrno>
#include <thread>

#include "tests/zoo/elapsed.h"
#include "tests/zoo/lines.h"

namespace {

constexpr long kPatience = 60;

pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_barrier_t meeting;
long sum = 0;

std::string add(long number) {
  ::pthread_rwlock_wrlock(&gate);
  sum += number;
  const std::string answer = std::to_string(sum);
  ::pthread_rwlock_unlock(&gate);
  return answer;
}

std::string get() {
  ::pthread_rwlock_rdlock(&gate);
  const std::string answer = std::to_string(sum);
  ::pthread_rwlock_unlock(&gate);
  return answer;
}

std::string try_to_write() {
  const zoo::Elapsed elapsed;
  const timespec until = zoo::in_seconds(CLOCK_MONOTONIC, kPatience);
  const int error = ::pthread_rwlock_clockwrlock(&gate, CLOCK_MONOTONIC, &until);
  if (error == 0) ::pthread_rwlock_unlock(&gate);
  return (error == ETIMEDOUT ? "in vain " : "written ") + elapsed.text();
}

std::string try_to_lock() {
  const zoo::Elapsed elapsed;
  const timespec until = zoo::in_seconds(CLOCK_REALTIME, kPatience);
  const int error = ::pthread_mutex_timedlock(&mutex, &until);
  if (error == 0) ::pthread_mutex_unlock(&mutex);
  return (error == ETIMEDOUT ? "in vain " : "locked ") + elapsed.text();
}

std::string try_to_join() {
  const zoo::Elapsed elapsed;
  std::thread slow([] { ::sleep(2 * kPatience); });
  const timespec until = zoo::in_seconds(CLOCK_REALTIME, kPatience);
  const int error = ::pthread_timedjoin_np(slow.native_handle(), nullptr, &until);
  slow.join();
  return (error == ETIMEDOUT ? "in vain, then " : "at once ") + elapsed.text();
}

std::string answer_to(const std::string& line) {
  if (line == "HOLD") return ::pthread_rwlock_rdlock(&gate), "held";
  if (line == "FREE") return ::pthread_rwlock_unlock(&gate), "free";
  if (line.starts_with("ADD ")) return add(std::atol(line.c_str() + 4));
  if (line == "GET") return get();
  if (line == "PATIENT") return try_to_write();
  if (line == "LOCK") return ::pthread_mutex_lock(&mutex), "locked";
  if (line == "UNLOCK") return ::pthread_mutex_unlock(&mutex), "unlocked";
  if (line == "TRY") return try_to_lock();
  if (line == "JOIN") return try_to_join();
  const bool is_last = ::pthread_barrier_wait(&meeting) == PTHREAD_BARRIER_SERIAL_THREAD;
  return is_last ? "met last" : "met";
}

void serve(int fd) {
  std::string unread;
  while (zoo::read_some(fd, unread)) {
    for (std::string line; zoo::take_line(unread, line);) zoo::answer(fd, answer_to(line) + "\n");
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  ::pthread_barrier_init(&meeting, nullptr, 2);
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (;;) std::thread(serve, ::accept(listener, nullptr, nullptr)).detach();
}
