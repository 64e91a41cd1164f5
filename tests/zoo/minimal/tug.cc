// A race. R lets two threads add one to the sum, S looks at the sum.
//
// The bug: nobody takes the lock; and as each gives way to the other between reading and writing,
// one of the two is lost nearly always.
#include <sched.h>

#include <atomic>
#include <thread>

#include "tests/zoo/commands.h"

std::atomic<int> sum{0};
int added = 0;
int right = 0;

void add(std::atomic<int>& here) {
  const int before = sum;
  ++here;
  while (here < 2) ::sched_yield();
  sum = before + 1;
}

void add_two() {
  std::atomic<int> here{0};
  std::thread one([&] { add(here); });
  add(here);
  one.join();
  added += 2;
}

[[gnu::noinline]] void look_at_sum() {
  zoo::write_through(sum == added ? &right : nullptr);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    if (command == 'R') add_two();
    if (command == 'S') look_at_sum();
  });
}
