// Reads one line and takes the element of a small array that its length names:
// UndefinedBehaviorSanitizer's case.
#include <cstdio>
#include <cstring>

int main() {
  char line[256];
  const int small[4] = {};
  if (std::fgets(line, sizeof line, stdin) == nullptr) return 0;
  std::fputs("before\n", stderr);
  return small[std::strlen(line)];
}
