// A server that hushes its crash up: it has a handler for SIGSEGV, on an alternate stack of its
// own, that prints a line and ends the program as though all were well.
//
//   hushed PORT
//
// The bug: BREAK writes through a null pointer, in a thread that has blocked every signal. After
// LINGER the handler never ends. Other
// lines are answered with themselves. Known minimum (hushed.json): 1 input, 6 bytes.
#include <signal.h>

#include <thread>

#include "tests/zoo/lines.h"

namespace {

char own_stack[64 * 1024];
volatile bool lingers = false;

void hush_up(int) {
  constexpr char kText[] = "nothing to see here\n";
  if (::write(STDERR_FILENO, kText, sizeof kText - 1) > 0 && !lingers) ::_exit(0);
  for (;;) ::pause();
}

void install() {
  stack_t stack = {};
  stack.ss_sp = own_stack;
  stack.ss_size = sizeof own_stack;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = hush_up;
  action.sa_flags = SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::signal(SIGBUS, hush_up);
}

void break_it() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

void serve(int listener) {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    std::string unread;
    while (zoo::read_some(fd, unread)) {
      for (std::string line; zoo::take_line(unread, line);) {
        if (line == "LINGER") lingers = true;
        if (line == "BREAK") break_it();
        zoo::answer(fd, line + "\n");
      }
    }
    ::close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  install();
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::thread(serve, listener).detach();
  for (;;) ::pause();
}
