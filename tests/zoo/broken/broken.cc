// Breaks in many ways, each through functions with names: for those who compare crashes.
//
//   broken       reads words from its standard input with read(), one read one word
//
// Built several times over (CMakeLists.txt here): with functions inlined and not, by two compilers,
// with and without names, with the C++ library in it, with AddressSanitizer. What a word does is
// beside it in kWords. "call" functions are called in every build; the others may be inlined.
#undef NDEBUG
#include <signal.h>
#include <unistd.h>

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#define CRASHREEL_CALLED [[gnu::noinline]]

namespace {

volatile int sink;
volatile int zero;

// The compiler is to know nothing of it, and to call nobody last.
template <typename T>
T* unknown(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

#define CRASHREEL_GO_ON asm volatile("" : : : "memory")

// A write through null, three functions deep, of which two may be inlined.
void poke(int* place) {
  *const_cast<volatile int*>(unknown(place)) = 1;
}
void store(int* place) {
  poke(place);
  sink = sink + 1;
}
CRASHREEL_CALLED void call_store(int) {
  store(nullptr);
  CRASHREEL_GO_ON;
}
// The same signal elsewhere.
CRASHREEL_CALLED void call_forget(int) {
  poke(nullptr);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_bus(int) {
  ::raise(SIGBUS);
  CRASHREEL_GO_ON;
}

template <typename T>
CRASHREEL_CALLED void fill(T value) {
  *const_cast<volatile T*>(unknown(static_cast<T*>(nullptr))) = value;
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_fill_int(int) {
  fill<int>(1);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_fill_long(int) {
  fill<long>(1);
  CRASHREEL_GO_ON;
}

CRASHREEL_CALLED void descend(int depth) {
  if (depth == 0) poke(nullptr);
  if (depth > 0) descend(depth - 1);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void odd(int depth);
CRASHREEL_CALLED void even(int depth) {
  if (depth == 0) poke(nullptr);
  odd(depth - 1);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void odd(int depth) {
  if (depth == 0) poke(nullptr);
  sink = depth;
  even(depth - 1);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void dive(int depth) {
  char here[64];
  here[0] = *unknown(&here[1]) = static_cast<char>(depth);
  dive(depth + 1);
  sink = here[0];
}
CRASHREEL_CALLED void sink_deep(int depth) {
  char here[64];
  here[0] = *unknown(&here[1]) = static_cast<char>(depth);
  sink_deep(depth + 2);
  sink = here[0] + 1;
}

// A name runs over its block: into the next one, which free() sees, or through the end of all.
CRASHREEL_CALLED void call_name(int size) {
  char* name = unknown(static_cast<char*>(std::malloc(1432)));
  char* next = unknown(static_cast<char*>(std::malloc(1432)));
  for (int i = 0; i < size; ++i) *const_cast<volatile char*>(name + i) = 'A';
  std::free(name);
  std::free(next);
  CRASHREEL_GO_ON;
}
// The same damage, which somebody else's memory shows.
CRASHREEL_CALLED void call_free_twice(int) {
  char* name = unknown(static_cast<char*>(std::malloc(40)));
  std::free(name);
  std::free(unknown(name));
  CRASHREEL_GO_ON;
}

CRASHREEL_CALLED void check_sum(int sum) {
  assert(sum > 0);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void check_sign(int sum) {
  assert(sum != 0 && "sign");
  CRASHREEL_GO_ON;
}
// One wrong number, which two checks see.
CRASHREEL_CALLED void call_transfer(int sign_first) {
  if (sign_first != 0) check_sign(zero);
  check_sum(zero);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_withdraw(int high) {
  if (high != 0) assert(zero > 100);
  assert(zero > 0);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_give_up(int) {
  std::abort();
}
CRASHREEL_CALLED void call_resign(int) {
  std::abort();
}

CRASHREEL_CALLED void call_throw(int number) {
  if (number != 0) throw 7;
  throw std::runtime_error("seven");
}
CRASHREEL_CALLED void call_at(int) {
  std::vector<int> few(2);
  sink = few.at(static_cast<std::size_t>(zero + 9));
  CRASHREEL_GO_ON;
}

CRASHREEL_CALLED int by_number(const void* a, const void* b) {
  poke(nullptr);
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}
CRASHREEL_CALLED void call_sort(int) {
  int numbers[] = {3, 1, 2};
  std::qsort(unknown(&numbers[0]), 3, sizeof numbers[0], by_number);
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_copy(int) {
  std::memcpy(unknown(static_cast<char*>(nullptr) + zero), unknown("abcdefgh"),
              static_cast<std::size_t>(zero + 8));
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_divide(int) {
  sink = 1 / zero;
  CRASHREEL_GO_ON;
}
CRASHREEL_CALLED void call_trap(int) {
  __builtin_trap();
}
CRASHREEL_CALLED void call_nowhere(int) {
  using Function = void (*)();
  reinterpret_cast<Function>(unknown(static_cast<void*>(nullptr)))();
  CRASHREEL_GO_ON;
}
// Nobody is asked where.
CRASHREEL_CALLED void call_die(int) {
  ::raise(SIGKILL);
}
[[noreturn]] CRASHREEL_CALLED void call_spin(int) {
  for (;;) sink = sink + 1;
}

struct Word {
  std::string_view word;
  void (*act)(int);
  int argument = 0;
};
const Word kWords[] = {
    {"STORE", call_store},
    {"FORGET", call_forget},
    {"BUS", call_bus},
    {"FILL_INT", call_fill_int},
    {"FILL_LONG", call_fill_long},
    {"DESCEND_2", descend, 2},
    {"DESCEND_9", descend, 9},
    {"EVEN_2", even, 2},
    {"EVEN_8", even, 8},
    {"DIVE", dive, 0},
    {"SINK", sink_deep, 0},
    {"NAME_SHORT", call_name, 1500},
    {"NAME_LONG", call_name, 100'000'000},
    {"FREE_TWICE", call_free_twice},
    {"SUM", call_transfer, 0},
    {"SIGN", call_transfer, 1},
    {"LOW", call_withdraw, 0},
    {"HIGH", call_withdraw, 1},
    {"GIVE_UP", call_give_up},
    {"RESIGN", call_resign},
    {"THROW_INT", call_throw, 1},
    {"THROW_LAMBDA", [](int number) { call_throw(number); }, 1},
    {"THROW_TEXT", call_throw, 0},
    {"AT", call_at},
    {"SORT", call_sort},
    {"COPY", call_copy},
    {"DIVIDE", call_divide},
    {"TRAP", call_trap},
    {"NOWHERE", call_nowhere},
    {"DIE", call_die},
    {"SPIN", call_spin},
};

CRASHREEL_CALLED void obey(std::string_view word) {
  for (const Word& known : kWords) {
    if (known.word == word) known.act(known.argument);
  }
  CRASHREEL_GO_ON;
}

}  // namespace

int main() {
  char word[64];
  for (ssize_t got = 0; (got = ::read(STDIN_FILENO, word, sizeof word)) > 0;) {
    obey(std::string_view(word, static_cast<std::size_t>(got)));
  }
}
