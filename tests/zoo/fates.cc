// Ends in many ways, and chance decides in which: F throws a die of five sides.
//
// The bugs: two crashes in one function, one in another, a lock that nobody gives back; the fifth
// side is well.
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "tests/zoo/commands.h"

enum { kNull = 1, kTrap = 0, kAbort = 2, kLocked = 3, kSides = 5 };

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

volatile int* volatile nowhere = nullptr;

[[gnu::noinline]] void deliver(int side) {
  if (side == kNull) *nowhere = 1;
  if (side == kTrap) __builtin_trap();
}

[[gnu::noinline]] void refuse(int side) {
  if (side == kAbort) ::abort();
}

[[gnu::noinline]] void hold(int side) {
  if (side != kLocked) return;
  ::pthread_mutex_lock(&lock);
  ::pthread_mutex_lock(&lock);
}

int main(int, char** argv) {
  zoo::serve_commands(argv[1], [](int, char command) {
    unsigned char thrown = 0;
    if (command != 'F' || ::getrandom(&thrown, 1, 0) != 1) return;
    const int side = thrown % kSides;
    deliver(side);
    refuse(side);
    hold(side);
  });
}
