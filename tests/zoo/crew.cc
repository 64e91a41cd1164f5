// A server whose lines are done by threads that each wait in another way, and each keep something
// of their own: a count, how they round, how they mask signals, where they run. Who has been put
// back to where it began without one of these answers otherwise.
//
//   crew PORT [deaf|unseen]   with a thread that holds back all signals, or one that libc does not
//                             know
//
//   CONDITION  SEMAPHORE  LOCK  PIPE  SIGNAL   done by the thread that waits so
//   START   starts one more, which stays
//   END     the thread that waits for a condition ends
//   DIE     it writes where it must not
//   WHERE   prints on which processors the main thread may run, as the kernel's files tell, and the
//           same after it has asked the kernel
#include <fenv.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>

#include <array>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/zoo/epoll_lines.h"

namespace {

struct Job {
  std::string line;
  std::string answer;
};

std::mutex lock;  // of `wanted`
std::condition_variable given;
bool wanted = false;
std::mutex turn;
int pipe_ends[2];
sem_t given_by_semaphore;
sem_t turn_over;
sem_t done;
Job job;
int* volatile nowhere = nullptr;

thread_local int jobs_done = 0;
thread_local std::vector<std::string> kept;

std::string rounded_third() {
  volatile double three = 3;
  char text[32];
  std::snprintf(text, sizeof text, "%a", 1 / three);
  return text;
}

std::string own_mask() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return std::to_string(sigismember(&mask, SIGUSR1)) + std::to_string(sigismember(&mask, SIGUSR2));
}

int own_processors() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::string own_processors_by_files() {
  std::ifstream status("/proc/thread-self/status");
  for (std::string word; status >> word;) {
    if (word == "Cpus_allowed_list:" && status >> word) return word;
  }
  return "?";
}

void print_processors() {
  const std::string before = own_processors_by_files();
  const int asked = own_processors();
  std::fprintf(stderr, "may run on %s, is told %d, then %s\n", before.c_str(), asked,
               own_processors_by_files().c_str());
}

void do_job() {
  kept.push_back(job.line);
  ::fesetround(++jobs_done % 2 == 0 ? FE_UPWARD : FE_DOWNWARD);
  job.answer = std::to_string(jobs_done) + " " + std::to_string(kept.size()) + " " +
               rounded_third() + " " + own_mask() + " " + std::to_string(own_processors()) + "\n";
  ::sem_post(&done);
}

void wait_for_condition() {
  for (;;) {
    std::unique_lock guard(lock);
    given.wait(guard, [] { return wanted; });
    wanted = false;
    if (job.line == "DIE") *nowhere = 1;
    const bool ends = job.line == "END";
    do_job();
    if (ends) return;
  }
}

void wait_for_semaphore() {
  ::fesetround(FE_UPWARD);
  while (::sem_wait(&given_by_semaphore) == 0) do_job();
}

void wait_for_lock() {
  for (;;) {
    turn.lock();
    do_job();
    turn.unlock();
    ::sem_wait(&turn_over);
  }
}

void wait_for_pipe() {
  for (char byte = 0; ::read(pipe_ends[0], &byte, 1) == 1;) do_job();
}

void wait_for_signal() {
  sigset_t all;
  sigset_t taken;
  sigfillset(&all);
  sigemptyset(&taken);
  sigaddset(&taken, SIGUSR2);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  for (int signal = 0; ::sigwait(&taken, &signal) == 0;) do_job();
}

// By the system call itself: libc leaves two signals out.
void wait_deaf() {
  const std::uint64_t all = ~std::uint64_t{0};
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  wait_for_semaphore();
}

int wait_unseen(void*) {
  for (;;) ::syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
}

void start_unseen() {
  static std::array<char, 64 * 1024> stack;
  constexpr int kThread =
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  if (::clone(wait_unseen, stack.data() + stack.size(), kThread, nullptr) < 0) std::perror("clone");
}

// The lock is the main thread's but for that turn.
void give_turn() {
  turn.unlock();
  ::sem_wait(&done);
  turn.lock();
  ::sem_post(&turn_over);
}

std::string answer_to(const std::string& line) {
  job = {line, "?\n"};
  if (line == "START") {
    std::thread(wait_for_semaphore).detach();
    return "OK\n";
  }
  if (line == "WHERE") {
    print_processors();
    return "OK\n";
  }
  if (line == "LOCK") {
    give_turn();
    return job.answer;
  }
  if (line == "SEMAPHORE") {
    ::sem_post(&given_by_semaphore);
  } else if (line == "PIPE") {
    if (::write(pipe_ends[1], "x", 1) != 1) std::perror("pipe");
  } else if (line == "SIGNAL") {
    ::kill(::getpid(), SIGUSR2);
  } else {
    const std::lock_guard guard(lock);
    wanted = true;
    given.notify_one();
  }
  ::sem_wait(&done);
  return job.answer;
}

void start_crew(const std::string& further) {
  sigset_t taken;
  sigemptyset(&taken);
  sigaddset(&taken, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  for (sem_t* semaphore : {&given_by_semaphore, &turn_over, &done}) ::sem_init(semaphore, 0, 0);
  if (::pipe(pipe_ends) != 0) std::perror("pipe");
  turn.lock();
  for (const auto member :
       {wait_for_condition, wait_for_semaphore, wait_for_lock, wait_for_pipe, wait_for_signal}) {
    std::thread(member).detach();
  }
  if (further == "deaf") std::thread(wait_deaf).detach();
  if (further == "unseen") start_unseen();
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  start_crew(argc > 2 ? argv[2] : "");
  zoo::serve_lines(zoo::set_with(listener), listener, answer_to);
}
