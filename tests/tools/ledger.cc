// Adds up the numbers of its standard input's lines, and stumbles over a negative sum: for a
// debugger to be led through.
#include <unistd.h>

#include <cstdlib>
#include <cstring>

long balance = 0;
char last[32];

[[gnu::noinline]] static void add(const char* text) {
  std::strncpy(last, text, sizeof last - 1);
  balance += std::atol(text);
  if (balance < 0) std::abort();
}

int main() {
  char line[64];
  ssize_t got = 0;
  while ((got = read(STDIN_FILENO, line, sizeof line - 1)) > 0) {
    line[got] = 0;
    add(line);
  }
}
