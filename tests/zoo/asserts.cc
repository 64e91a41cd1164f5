// Reads words from its standard input with read(), one read one word, and ends in different ways.
//
//   ABORT   abort()            ASSERT  a failed assertion       NULL   a call through a null
//   pointer WILD    a call to nowhere CLOSE   closes the standard input and says how many words
//   there were; ends with status 7 other   is counted
#undef NDEBUG
#include <unistd.h>

#include <cassert>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Function = void (*)();

[[gnu::noinline]] void call(std::uintptr_t address) {
  const volatile std::uintptr_t where = address;
  reinterpret_cast<Function>(where)();
}

[[noreturn]] void close_input(int words) {
  ::close(STDIN_FILENO);
  std::printf("%d words\n", words);
  std::exit(7);
}

void obey(const std::string& word, int words) {
  if (word == "ABORT") std::abort();
  if (word == "ASSERT") assert(words < 0);
  if (word == "NULL") call(0);
  if (word == "WILD") call(0x414141410000);
  if (word == "CLOSE") close_input(words);
}

}  // namespace

int main() {
  static char buffer[1 << 20];
  int words = 0;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) break;
    ++words;
    obey(std::string(buffer, static_cast<std::size_t>(got)), words);
    std::printf("%zd\n", got);
    std::fflush(stdout);
  }
  return 0;
}
