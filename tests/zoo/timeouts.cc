// A server that knows every call in which a program can wait until a time.
//
//   timeouts PORT
//
//   NAME      -> the call of that name, with 60 seconds to wait, and how long that was:
//                "nanosleep 60"
//   ALL       -> a thread for each, of which every one waits a second longer than the one before:
//                their names in the order in which they came to an end
//   EVERY n   -> a descriptor's timer is read as long as n seconds, at an interval of 10: how often
//                it had ended, and how often that was told
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/zoo/elapsed.h"
#include "tests/zoo/lines.h"

namespace {

using zoo::in_seconds;

pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;  // both by a thread that is gone, for ever
pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER;

struct Call {
  const char* name;
  std::function<void(long seconds)> wait;
};

void wait_for_condition(long seconds, clockid_t clock) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t never = PTHREAD_COND_INITIALIZER;
  const timespec until = in_seconds(clock, seconds);
  ::pthread_mutex_lock(&mutex);
  if (clock == CLOCK_REALTIME) {
    ::pthread_cond_timedwait(&never, &mutex, &until);
  } else {
    ::pthread_cond_clockwait(&never, &mutex, clock, &until);
  }
  ::pthread_mutex_unlock(&mutex);
}

void wait_for_semaphore(long seconds, clockid_t clock) {
  sem_t never;
  ::sem_init(&never, 0, 0);
  const timespec until = in_seconds(clock, seconds);
  clock == CLOCK_REALTIME ? ::sem_timedwait(&never, &until)
                          : ::sem_clockwait(&never, clock, &until);
}

void wait_for_bytes(long seconds) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::exit(3);
  const timeval timeout = {seconds, 0};
  ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  char byte;
  if (::recv(ends[0], &byte, 1, 0) >= 0) std::exit(3);
  ::close(ends[0]);
  ::close(ends[1]);
}

void wait_on_epoll(long seconds) {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event;
  const timespec timeout = {seconds, 0};
  ::epoll_pwait2(set, &event, 1, &timeout, nullptr);
  ::close(set);
}

void wait_for_signal(long seconds) {
  sigset_t none;
  sigemptyset(&none);
  sigaddset(&none, SIGURG);
  const timespec timeout = {seconds, 0};
  ::sigtimedwait(&none, nullptr, &timeout);
}

int start_timer(long seconds, long interval) {
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec times = {{interval, 0}, {seconds, 0}};
  if (::timerfd_settime(timer, 0, &times, nullptr) != 0) std::exit(3);
  return timer;
}

void wait_on_timer(long seconds, bool in_poll) {
  const int timer = start_timer(seconds, 0);
  pollfd descriptor = {timer, POLLIN, 0};
  std::uint64_t count = 0;
  if (in_poll && ::poll(&descriptor, 1, -1) != 1) std::exit(3);
  if (::read(timer, &count, sizeof count) != sizeof count || count != 1) std::exit(3);
  ::close(timer);
}

void wait_on_futex(long seconds) {
  std::uint32_t word = 0;
  const timespec timeout = {seconds, 0};
  constexpr int kWaitPrivate = 128;
  if (::syscall(SYS_futex, &word, kWaitPrivate, 0, &timeout, nullptr, 0) == 0) std::exit(3);
}

// Each of those that send a signal has one of its own, which this thread takes.
void take(int signal, const std::function<void()>& set) {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  set();
  int got = 0;
  if (::sigwait(&only, &got) != 0 || got != signal) std::exit(3);
}

void wait_on_alarm(long seconds) {
  take(SIGALRM, [&] { ::alarm(static_cast<unsigned>(seconds)); });
}

void wait_on_interval(long seconds) {
  const itimerval times = {{0, 0}, {seconds, 0}};
  take(SIGALRM, [&] { ::setitimer(ITIMER_REAL, &times, nullptr); });
}

void wait_on_signal_timer(long seconds) {
  timer_t timer;
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR2;
  event.sigev_value.sival_int = 4711;
  const itimerspec times = {{0, 0}, in_seconds(CLOCK_REALTIME, seconds)};
  if (::timer_create(CLOCK_REALTIME, &event, &timer) != 0) std::exit(3);
  ::timer_settime(timer, TIMER_ABSTIME, &times, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGUSR2);
  siginfo_t info = {};
  if (::sigwaitinfo(&only, &info) != SIGUSR2 || info.si_code != SI_TIMER) std::exit(3);
  if (info.si_value.sival_int != 4711) std::exit(3);
  ::timer_delete(timer);
}

void wait_on_thread_timer(long seconds) {
  timer_t timer;
  sem_t called;
  ::sem_init(&called, 0, 0);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_ptr = &called;
  event.sigev_notify_function = [](sigval value) {
    ::sem_post(static_cast<sem_t*>(value.sival_ptr));
  };
  const itimerspec times = {{0, 0}, {seconds, 0}};
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) std::exit(3);
  ::timer_settime(timer, 0, &times, nullptr);
  ::sem_wait(&called);
  ::timer_delete(timer);
}

const std::vector<Call>& calls() {
  static const std::vector<Call> all = {
      {"sem-timedwait", [](long s) { wait_for_semaphore(s, CLOCK_REALTIME); }},
      {"sem-clockwait", [](long s) { wait_for_semaphore(s, CLOCK_MONOTONIC); }},
      {"cond-timedwait", [](long s) { wait_for_condition(s, CLOCK_REALTIME); }},
      {"cond-clockwait", [](long s) { wait_for_condition(s, CLOCK_MONOTONIC); }},
      {"clock-nanosleep",
       [](long s) {
         const timespec until = in_seconds(CLOCK_REALTIME, s);
         ::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr);
       }},
      {"SO-RCVTIMEO", wait_for_bytes},
      {"epoll-pwait2", wait_on_epoll},
      {"pselect",
       [](long s) {
         const timespec timeout = {s, 0};
         ::pselect(0, nullptr, nullptr, nullptr, &timeout, nullptr);
       }},
      {"ppoll",
       [](long s) {
         const timespec timeout = {s, 0};
         ::ppoll(nullptr, 0, &timeout, nullptr);
       }},
      {"sigtimedwait", wait_for_signal},
      {"timerfd", [](long s) { wait_on_timer(s, false); }},
      {"timerfd-in-poll", [](long s) { wait_on_timer(s, true); }},
      {"rwlock-timed",
       [](long s) {
         const timespec until = in_seconds(CLOCK_REALTIME, s);
         if (::pthread_rwlock_timedrdlock(&written, &until) != ETIMEDOUT) std::exit(3);
       }},
      {"mutex-timed",
       [](long s) {
         const timespec until = in_seconds(CLOCK_REALTIME, s);
         if (::pthread_mutex_timedlock(&taken, &until) != ETIMEDOUT) std::exit(3);
       }},
      {"futex", wait_on_futex},
      {"timer-create", wait_on_signal_timer},
      {"timer-thread", wait_on_thread_timer},
      {"alarm", wait_on_alarm},
  };
  return all;
}

// Not beside alarm: a process has one.
const Call kInterval = {"setitimer", wait_on_interval};

std::string wait_by_all() {
  std::mutex lock;
  std::string ended;
  std::vector<std::thread> threads;
  long seconds = 60;
  for (const Call& call : calls()) {
    threads.emplace_back([&lock, &ended, &call, seconds] {
      call.wait(seconds);
      const std::lock_guard guard(lock);
      ended += std::string(call.name) + " ";
    });
    ++seconds;
  }
  for (std::thread& thread : threads) thread.join();
  return ended;
}

// It asks again after 25 seconds each time, so that it misses some.
std::string count_up_to(long seconds) {
  const int timer = start_timer(10, 10);
  std::uint64_t ends = 0;
  int told = 0;
  for (long passed = 0; passed < seconds; passed += 25) {
    ::sleep(25);
    std::uint64_t count = 0;
    if (::read(timer, &count, sizeof count) != sizeof count) std::exit(3);
    ends += count;
    ++told;
  }
  ::close(timer);
  return std::to_string(ends) + " in " + std::to_string(told);
}

std::string answer_to(const std::string& line) {
  if (line == "ALL") return wait_by_all();
  if (line.starts_with("EVERY ")) return count_up_to(std::atol(line.c_str() + 6));
  std::vector<Call> all = calls();
  all.push_back(kInterval);
  for (const Call& call : all) {
    if (call.name != line) continue;
    const zoo::Elapsed elapsed;
    call.wait(60);
    return line + " " + elapsed.text();
  }
  return "unknown";
}

}  // namespace

int main(int argc, char** argv) {
  std::thread([] {
    ::pthread_mutex_lock(&taken);
    ::pthread_rwlock_wrlock(&written);
  }).join();
  sigset_t waited_for;
  sigemptyset(&waited_for);
  for (const int signal : {SIGALRM, SIGUSR2, SIGURG}) sigaddset(&waited_for, signal);
  ::pthread_sigmask(SIG_BLOCK, &waited_for, nullptr);
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::serve_lines(
      listener, [](int fd, const std::string& line) { zoo::answer(fd, answer_to(line) + "\n"); });
}
