// A server that eats memory, or dies.
//
//   glutton PORT
//
// One line is one request:
//   EAT n   -> FED: n MiB more are taken, written to and kept
//   DIE     it kills itself by SIGKILL
//   other   -> the line
//
// Built with AddressSanitizer, too (glutton_asan), which reserves terabytes and uses few.
#include <poll.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "tests/zoo/lines.h"

namespace {

constexpr std::size_t kMiB = 1 << 20;

[[gnu::noinline]] void eat(int mebibytes) {
  for (int i = 0; i < mebibytes; ++i) {
    void* bite = std::malloc(kMiB);
    if (bite != nullptr) std::memset(bite, 'x', kMiB);
    asm volatile("" : : "r"(bite) : "memory");  // kept
  }
}

std::string answer_to(const std::string& line) {
  if (line == "DIE") ::raise(SIGKILL);
  if (!line.starts_with("EAT ")) return line + "\n";
  eat(std::atoi(line.c_str() + 4));
  return "FED\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (;;) {
    const int session = ::accept(listener, nullptr, nullptr);
    std::string unread;
    bool open = true;
    while (open) {
      pollfd readable = {session, POLLIN, 0};
      ::poll(&readable, 1, -1);
      open = zoo::read_some(session, unread);
      for (std::string line; zoo::take_line(unread, line);) zoo::answer(session, answer_to(line));
    }
    ::close(session);
  }
}
