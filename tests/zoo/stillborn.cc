// Says why it can't start, and ends with status 3.
#include <cstdio>

int main() {
  std::fputs("stillborn: no configuration\n", stderr);
  return 3;
}
