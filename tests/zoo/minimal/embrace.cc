// A deadlock of two threads and two locks: T takes the first, W has a worker take the second and
// then the first, S takes the second.
//
// The bug: T keeps its lock. The worker waits for it, and S for the worker: nobody moves any more,
// and nobody burns the processor.
#include <pthread.h>

#include "tests/zoo/commands.h"

pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;

pthread_mutex_t jobs_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t jobs_changed = PTHREAD_COND_INITIALIZER;
int jobs = 0;
int taken = 0;  // for so many of these the worker has had the second lock
int done = 0;

void* work(void*) {
  for (int job = 1;; ++job) {
    ::pthread_mutex_lock(&jobs_lock);
    while (jobs < job) ::pthread_cond_wait(&jobs_changed, &jobs_lock);
    ::pthread_mutex_unlock(&jobs_lock);
    ::pthread_mutex_lock(&second);
    ::pthread_mutex_lock(&jobs_lock);
    taken = job;
    ::pthread_cond_broadcast(&jobs_changed);
    ::pthread_mutex_unlock(&jobs_lock);
    ::pthread_mutex_lock(&first);
    ::pthread_mutex_unlock(&first);
    ::pthread_mutex_unlock(&second);
    ::pthread_mutex_lock(&jobs_lock);
    done = job;
    ::pthread_mutex_unlock(&jobs_lock);
  }
}

// Back as soon as the worker has the second lock; at once where it is still at another job.
void ask_worker() {
  ::pthread_mutex_lock(&jobs_lock);
  if (done == jobs) {
    ++jobs;
    ::pthread_cond_broadcast(&jobs_changed);
    while (taken < jobs) ::pthread_cond_wait(&jobs_changed, &jobs_lock);
  }
  ::pthread_mutex_unlock(&jobs_lock);
}

[[gnu::noinline]] void sum_up() {
  ::pthread_mutex_lock(&second);
  ::pthread_mutex_unlock(&second);
}

int main(int, char** argv) {
  pthread_t worker;
  ::pthread_create(&worker, nullptr, work, nullptr);
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'T') ::pthread_mutex_trylock(&first);
    if (command == 'W') ask_worker();
    if (command == 'S') sum_up();
  });
}
