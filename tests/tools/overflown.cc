// Reads one line and, when it is longer than its buffer, writes behind it: AddressSanitizer's case.
#include <cstdio>

int main() {
  char line[256];
  char* buffer = new char[8];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return 0;
  // By hand: what the compiler knows it may well take away.
  for (std::size_t i = 0; line[i] != '\0'; ++i) buffer[i] = line[i];
  std::printf("%c\n", buffer[0]);
  delete[] buffer;
}
