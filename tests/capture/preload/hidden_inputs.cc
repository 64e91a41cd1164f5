// A program for the recorder's tests that takes in what no session brings. For each of its
// arguments, in order, it does what that says and prints one line about it. No call may change
// errno.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "tests/capture/preload/calm.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern "C" {
ssize_t __pread_chk(int fd, void* bytes, size_t size, off_t offset, size_t capacity);
ssize_t __pread64_chk(int fd, void* bytes, size_t size, off64_t offset, size_t capacity);
size_t __fread_chk(void* bytes, size_t capacity, size_t size, size_t count, FILE* file);
sighandler_t bsd_signal(int number, sighandler_t handler) noexcept;
}

namespace {

using Bytes = unsigned char[16];

bool read_device(const char* path, unsigned char* bytes, const std::string& how) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = -1;
  if (how == "read") got = ::read(fd, bytes, sizeof(Bytes));
  const iovec parts[] = {{bytes, 5}, {bytes + 5, sizeof(Bytes) - 5}};
  if (how == "readv") got = ::readv(fd, parts, 2);
  if (how == "preadv") got = ::preadv(fd, parts, 2, 40);
  if (how == "preadv64") got = ::preadv64(fd, parts, 2, 40);
  if (how == "preadv2") got = ::preadv2(fd, parts, 2, 40, 0);
  if (how == "pread") got = ::pread(fd, bytes, sizeof(Bytes), 40);
  if (how == "pread64") got = ::pread64(fd, bytes, sizeof(Bytes), 40);
  if (how == "pread_chk") got = ::__pread_chk(fd, bytes, sizeof(Bytes), 40, sizeof(Bytes));
  if (how == "pread64_chk") got = ::__pread64_chk(fd, bytes, sizeof(Bytes), 40, sizeof(Bytes));
  if (how == "dup") {
    const int copy = ::dup(fd);
    got = ::read(copy, bytes, sizeof(Bytes));
    ::close(copy);
  }
  ::close(fd);
  return got == sizeof(Bytes);
}

bool read_stdio(unsigned char* bytes, const std::string& how) {
  FILE* file = std::fopen("/dev/urandom", "r");
  size_t got = 0;
  if (how == "fread") got = 4 * std::fread(bytes, 4, sizeof(Bytes) / 4, file);
  if (how == "fread_unlocked") got = ::fread_unlocked(bytes, 1, sizeof(Bytes), file);
  if (how == "fread_chk") got = ::__fread_chk(bytes, sizeof(Bytes), 1, sizeof(Bytes), file);
  if (how == "fgetc") {
    for (; got < sizeof(Bytes); ++got) bytes[got] = static_cast<unsigned char>(std::fgetc(file));
  }
  if (how == "getc") {
    for (; got < sizeof(Bytes); ++got) bytes[got] = static_cast<unsigned char>(getc(file));
  }
  std::fclose(file);
  return got == sizeof(Bytes);
}

bool numbers(unsigned char* bytes, std::uint32_t (*next)()) {
  for (size_t at = 0; at < sizeof(Bytes); at += 4) {
    const std::uint32_t number = next();
    std::memcpy(bytes + at, &number, 4);
  }
  return true;
}

bool fill(unsigned char* bytes, const std::string& how) {
  if (how == "getrandom") return ::getrandom(bytes, sizeof(Bytes), 0) == sizeof(Bytes);
  if (how == "getentropy") return ::getentropy(bytes, sizeof(Bytes)) == 0;
  if (how == "arc4random_buf") return ::arc4random_buf(bytes, sizeof(Bytes)), true;
  if (how == "arc4random") return numbers(bytes, [] { return ::arc4random(); });
  if (how == "arc4random_uniform") return numbers(bytes, [] { return ::arc4random_uniform(9); });
  if (how == "random_device") return read_device("/dev/random", bytes, "read");
  if (how.starts_with("urandom_")) return read_device("/dev/urandom", bytes, how.substr(8));
  return read_stdio(bytes, how);
}

std::string hex(const Bytes& bytes) {
  std::string text;
  char digits[3];
  for (const unsigned char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

std::string random_bytes(const std::string& how) {
  Bytes bytes = {};
  return fill(bytes, how) ? hex(bytes) : "failed";
}

std::string decimal(std::uint64_t number) {
  return std::to_string(number);
}

std::string clock_text(const timespec& time, int clock) {
  return decimal(static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                 static_cast<std::uint64_t>(time.tv_nsec)) +
         " " + std::to_string(clock);
}

// As it is to be recorded.
std::string look_at_clock(const std::string& how) {
  timespec time = {};
  if (how == "realtime" || how == "monotonic") {
    const clockid_t clock = how == "realtime" ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    ::clock_gettime(clock, &time);
    return clock_text(time, clock);
  }
  if (how == "gettimeofday") {
    timeval now = {};
    ::gettimeofday(&now, nullptr);
    time = {now.tv_sec, now.tv_usec * 1000};
  } else if (how == "time") {
    time.tv_sec = ::time(nullptr);
  } else if (how == "timespec_get") {
    std::timespec_get(&time, TIME_UTC);
  } else if (how == "ftime") {
    timeb now = {};
    ::ftime(&now);
    time = {now.time, now.millitm * 1'000'000};
  } else {
    const std::clock_t ticks = std::clock();
    time = {ticks / CLOCKS_PER_SEC, ticks % CLOCKS_PER_SEC * (1'000'000'000 / CLOCKS_PER_SEC)};
    return clock_text(time, CLOCK_PROCESS_CPUTIME_ID);
  }
  return clock_text(time, CLOCK_REALTIME);
}

volatile sig_atomic_t handled = 0;
volatile sig_atomic_t from_whom = 0;
volatile sig_atomic_t was_blocked = 0;
volatile bool on_own_stack = false;
char* own_stack = nullptr;
constexpr size_t kOwnStackBytes = 64 << 10;

void note_where() {
  char here = 0;
  on_own_stack = own_stack != nullptr && &here > own_stack && &here < own_stack + kOwnStackBytes;
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  was_blocked = ::sigismember(&mask, SIGHUP);
}

void plain(int number) {
  note_where();
  handled = number;
}

void with_info(int number, siginfo_t* info, void* context) {
  note_where();
  handled = context == nullptr ? -1 : number;
  from_whom = info->si_pid;
}

sighandler_t installed_by(int number, const std::string& how) {
  struct sigaction action = {};
  ::sigaction(number, nullptr, &action);
  return how == "siginfo" ? reinterpret_cast<sighandler_t>(
                                __builtin_bit_cast(std::uintptr_t, action.sa_sigaction))
                          : action.sa_handler;
}

void install(int number, const std::string& how, sighandler_t handler) {
  if (how == "signal") ::signal(number, handler);
  if (how == "bsd_signal") ::bsd_signal(number, handler);
  if (how == "sysv_signal") ::sysv_signal(number, handler);
  if (how == "ssignal") ::ssignal(number, handler);
  if (how == "sigset") ::sigset(number, handler);
  if (how == "sigaction" || how == "siginfo") {
    struct sigaction action = {};
    action.sa_flags = how == "siginfo" ? SA_SIGINFO : 0;
    if (how == "siginfo") {
      action.sa_sigaction = &with_info;
    } else {
      action.sa_handler = handler;
    }
    ::sigaction(number, &action, nullptr);
  }
}

sighandler_t own_handler(const std::string& how) {
  if (how != "siginfo") return &plain;
  return __builtin_bit_cast(sighandler_t, &with_info);
}

// Installs, looks what is installed, raises.
std::string handle(int number, const std::string& how) {
  install(number, how, &plain);
  const bool own = installed_by(number, how) == own_handler(how);
  handled = 0;
  errno = 77;
  ::kill(::getpid(), number);
  std::string text = own ? "own" : "a stranger's";
  text += " handler, signal " + std::to_string(handled) + ", errno " + std::to_string(errno);
  if (how == "siginfo") text += from_whom == ::getpid() ? ", from us" : ", from nobody";
  return text;
}

std::string return_of_second(const std::string&) {
  const sighandler_t first = ::signal(SIGUSR2, &plain);
  const sighandler_t second = ::signal(SIGUSR2, SIG_IGN);
  const sighandler_t third = ::signal(SIGUSR2, SIG_DFL);
  return std::string(first == SIG_DFL ? "default" : "?") + (second == &plain ? " own" : " ?") +
         (third == SIG_IGN ? " ignored" : " ?");
}

std::string with_flags(int flags) {
  static stack_t stack = {};
  own_stack = static_cast<char*>(std::malloc(kOwnStackBytes));
  stack.ss_sp = own_stack;
  stack.ss_size = kOwnStackBytes;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = &plain;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaddset(&action.sa_mask, SIGHUP);
  ::sigaction(SIGUSR1, &action, nullptr);
  ::raise(SIGUSR1);
  struct sigaction now = {};
  ::sigaction(SIGUSR1, nullptr, &now);
  const int asked = SA_ONSTACK | SA_RESETHAND | SA_NODEFER | SA_RESTART | SA_SIGINFO;
  return std::string(on_own_stack ? "own stack" : "common stack") +
         (was_blocked != 0 ? ", mask" : ", no mask") +
         (now.sa_handler == SIG_DFL  ? ", reset"
          : now.sa_handler == &plain ? ", own"
                                     : ", ?") +
         ((now.sa_flags & asked) == flags ? ", flags" : ", other flags");
}

// What the kernel itself says, without libc.
std::string fault_handler() {
  struct KernelAction {
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
  } action = {};
  ::signal(SIGSEGV, &plain);
  ::syscall(SYS_rt_sigaction, SIGSEGV, nullptr, &action, sizeof action.mask);
  return action.handler == reinterpret_cast<void*>(&plain) ? "own" : "a stranger's";
}

std::string wait_for(const std::string& how) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGUSR2);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::kill(::getpid(), SIGUSR2);
  int number = 0;
  if (how == "sigwait") ::sigwait(&set, &number);
  if (how == "sigwaitinfo") number = ::sigwaitinfo(&set, nullptr);
  if (how == "sigtimedwait") {
    const timespec none = {};
    number = ::sigtimedwait(&set, nullptr, &none);
  }
  if (how == "signalfd") {
    const int fd = ::signalfd(-1, &set, SFD_CLOEXEC);
    signalfd_siginfo info = {};
    if (::read(fd, &info, sizeof info) == sizeof info) number = static_cast<int>(info.ssi_signo);
    ::close(fd);
  }
  return "took " + std::to_string(number);
}

volatile int storm_count = 0;

std::string storm(int count) {
  ::signal(SIGUSR1, [](int) { storm_count = storm_count + 1; });
  for (int i = 0; i < count; ++i) ::kill(::getpid(), SIGUSR1);
  return decimal(static_cast<std::uint64_t>(storm_count));
}

// As programs that start others do: the child shares our memory, not our handlers.
std::string vfork_child() {
  ::signal(SIGUSR1, &plain);
  const pid_t child = ::vfork();
  if (child == 0) {
    ::signal(SIGUSR1, [](int) {});
    ::signal(SIGUSR1, SIG_DFL);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  handled = 0;
  ::raise(SIGUSR1);
  return "signal " + std::to_string(handled);
}

std::string read_file(const std::string& how) {
  Bytes bytes;
  return read_device(program_invocation_name, bytes, how) ? "read" : "not read";
}

std::string obey(const std::string& what) {
  const size_t colon = what.find(':');
  const std::string verb = what.substr(0, colon);
  const std::string how = colon == std::string::npos ? "" : what.substr(colon + 1);
  if (verb == "random") return random_bytes(how);
  if (verb == "file") return read_file(how);
  if (verb == "clock") return look_at_clock(how);
  if (verb == "handle") return handle(SIGUSR1, how);
  if (verb == "realtime") return handle(SIGRTMIN + 1, "siginfo");
  if (verb == "profile") return handle(SIGPROF, "sigaction");
  if (verb == "again") return return_of_second(how);
  if (verb == "fault") return fault_handler();
  if (verb == "wait") return wait_for(how);
  if (verb == "storm") return storm(std::stoi(how));
  if (verb == "vfork") return vfork_child();
  if (verb == "plain") return with_flags(0);
  if (verb == "onstack") return with_flags(SA_ONSTACK | SA_RESTART);
  if (verb == "resethand") return with_flags(static_cast<int>(SA_RESETHAND | SA_NODEFER));
  return "?";
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string said;
    calm([&] { return said = obey(argv[i]), 0; });
    std::printf("%s\n", said.c_str());
  }
}
