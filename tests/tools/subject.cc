// A program that does to itself what the tests of recording want, one line of standard input after
// the other:
//
//   subject ANSWERS [LIBRARY_RING]
//
// Each line is answered by one line in the file ANSWERS, a pipe mostly. With LIBRARY_RING it
// records itself there, with frames, as a program does that is built with crashreel.h.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "capture/runtime/crashreel.h"

namespace {

int answers = -1;

void answer(const std::string& text) {
  const std::string line = text + "\n";
  if (::write(answers, line.data(), line.size()) < 0) ::_exit(3);
}

[[gnu::noinline]] void spin() {
  for (;;) asm volatile("");  // a loop that no compiler takes for endless and drops
}

volatile std::uintptr_t nowhere = 0x10;  // what the compiler does not know it does not mend

[[gnu::noinline]] void write_to_nowhere() {
  *reinterpret_cast<volatile int*>(nowhere) = 1;
  asm volatile("");  // not the last thing in it: the call must not become a jump
}

[[gnu::noinline]] int recurse(std::uintptr_t depth) {
  volatile char room[512] = {static_cast<char>(depth)};
  return depth == nowhere - 0x11 ? 0 : recurse(depth + 1) + room[0];
}

void on_signal(int signal, siginfo_t* info, void*) {
  answer("handler " + std::to_string(signal) +
         (info->si_addr == reinterpret_cast<void*>(0x10) ? " at 0x10" : ""));
}

void handle(const std::string& how) {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  if (how == "exit") action.sa_handler = [](int) { ::_exit(9); };
  if (how == "ignore") action.sa_handler = SIG_IGN;
  if (how == "default") action.sa_handler = SIG_DFL;
  if (how == "tell") {
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND;
  }
  if (how == "mend") {  // makes the page, so that the fault is none the next time
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      const auto page = reinterpret_cast<std::uintptr_t>(info->si_addr) & ~std::uintptr_t{4095};
      ::mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE);
    };
    action.sa_flags = SA_SIGINFO;
  }
  struct sigaction before = {};
  ::sigaction(SIGSEGV, &action, &before);
  struct sigaction now = {};
  ::sigaction(SIGSEGV, nullptr, &now);
  constexpr int kRestorer = 0x04000000;  // libc adds it for the kernel
  const bool is_what_was_set =
      (now.sa_flags & ~kRestorer) == action.sa_flags && now.sa_sigaction == action.sa_sigaction;
  answer(std::string(is_what_was_set ? "set" : "not set") +
         (before.sa_handler == SIG_DFL ? ", was default" : ", was not default"));
}

void touch_a_guarded_page() {
  void* page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 1;
}

void give_signal_stack() {
  static char room[64 << 10];
  stack_t stack = {};
  stack.ss_sp = room;
  stack.ss_size = sizeof room;
  ::sigaltstack(&stack, nullptr);
}

void obey(const std::string& line) {
  if (line == "save") return answer("save " + std::to_string(crashreel_save_now()));
  if (line.starts_with("handle ")) return handle(line.substr(7));
  answer("ok");
  if (line == "spin") spin();
  if (line == "block") ::pause();
  if (line == "segv") write_to_nowhere();
  if (line == "abort") std::abort();
  if (line == "overflow") std::exit(recurse(0));
  if (line == "signal stack") give_signal_stack();
  if (line == "mended") touch_a_guarded_page();
  if (line == "jump") reinterpret_cast<void (*)()>(nowhere)();
  if (line.starts_with("kill ")) ::kill(::getpid(), std::stoi(line.substr(5)));
  if (line.starts_with("exit ")) std::exit(std::stoi(line.substr(5)));
  if (line == "child segv") {
    const pid_t child = ::fork();
    if (child == 0) write_to_nowhere();
    ::waitpid(child, nullptr, 0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  answers = ::open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (answers < 0) return 2;
  if (argc > 2) {
    crashreel_options options = CRASHREEL_OPTIONS_INIT;
    options.ring_path = argv[2];
    options.ring_bytes = 1 << 20;
    options.frames = 1;
    if (crashreel_start(&options) != 0) return 4;
  }
  for (std::string line; std::getline(std::cin, line);) obey(line);
  return 0;
}
