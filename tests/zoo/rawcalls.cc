// A server that makes its system calls itself, and none of libc's: nobody who stands between it and
// libc sees anything of it.
//
//   rawcalls PORT
//
// Sessions bring letters, each is answered with a dot. The bug: after an 'A', the next 'F' is
// written through a null pointer. Known minimum: 2 inputs, 2 bytes. Freed of libc's start-up as
// well where it is linked with -nostdlib -static.
using Word = long;

namespace {

#if defined(__x86_64__)
enum Number : Word {
  kRead = 0,
  kWrite = 1,
  kClose = 3,
  kPoll = 7,
  kSocket = 41,
  kAccept = 43,
  kBind = 49,
  kListen = 50,
  kSetOption = 54,
  kExit = 231
};

Word call(Number number, Word a = 0, Word b = 0, Word c = 0, Word d = 0, Word e = 0) {
  Word result;
  register Word r10 asm("r10") = d;
  register Word r8 asm("r8") = e;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(static_cast<Word>(number)), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
               : "rcx", "r11", "memory");
  return result;
}
#else
#error "its system calls are x86-64's"
#endif

constexpr int kMostSessions = 32;

struct PollEntry {
  int fd;
  short events;
  short revents;
};

struct Address {
  unsigned short family;
  unsigned char port[2];
  unsigned char host[4];
  char unused[8];
};

bool armed = false;

Word of(const void* pointer) {
  return reinterpret_cast<Word>(pointer);
}

int listen_on(const char* text) {
  unsigned port = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    port = port * 10 + static_cast<unsigned>(*text - '0');
  const Word fd = call(kSocket, 2, 1);
  const int on = 1;
  call(kSetOption, fd, 1, 2, of(&on), sizeof on);
  Address address = {2,
                     {static_cast<unsigned char>(port >> 8), static_cast<unsigned char>(port)},
                     {127, 0, 0, 1},
                     {}};
  if (call(kBind, fd, of(&address), sizeof address) != 0 || call(kListen, fd, 16) != 0) {
    call(kExit, 1);
  }
  return static_cast<int>(fd);
}

[[gnu::noinline]] void fire(char letter) {
  volatile char* volatile nowhere = nullptr;
  if (armed) *nowhere = letter;
}

[[gnu::noinline]] void take(char letter) {
  if (letter == 'A') armed = true;
  if (letter == 'F') fire(letter);
}

// False: the other side has hung up.
bool serve(int fd) {
  char bytes[64];
  const Word got = call(kRead, fd, of(bytes), sizeof bytes);
  for (Word i = 0; i < got; ++i) take(bytes[i]);
  return got > 0 && call(kWrite, fd, of("."), 1) == 1;
}

[[noreturn]] void serve_all(const char* port) {
  static PollEntry entries[1 + kMostSessions];  // on the stack the compiler would ask for memset()
  entries[0] = {listen_on(port), 1, 0};
  int count = 1;
  for (;;) {
    if (call(kPoll, of(entries), count, -1) <= 0) continue;
    for (int i = 1; i < count; ++i) {
      if (entries[i].fd < 0 || entries[i].revents == 0 || serve(entries[i].fd)) continue;
      call(kClose, entries[i].fd);
      entries[i].fd = -1;
    }
    if (entries[0].revents != 0 && count <= kMostSessions) {
      entries[count++] = {static_cast<int>(call(kAccept, entries[0].fd)), 1, 0};
    }
  }
}

}  // namespace

// The stack as the kernel lays it: the number of arguments, then these.
extern "C" [[gnu::used, noreturn]] void begin(const Word* stack) {
  serve_all(stack[0] > 1 ? reinterpret_cast<const char*>(stack[2]) : "0");
}

asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");
