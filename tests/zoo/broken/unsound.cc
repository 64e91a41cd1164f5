// Does what sanitizers find, each word of its standard input another thing; one read, one word.
//
// Built with each of them (CMakeLists.txt here). What they have no eye for does no harm.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#define CRASHREEL_CALLED [[gnu::noinline]]

namespace {

volatile int sink;
volatile int nine = 9;

template <typename T>
T* unknown(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

CRASHREEL_CALLED void run_over() {
  int* block = unknown(static_cast<int*>(std::calloc(8, sizeof(int))));
  sink = block[nine];
  std::free(block);
}
CRASHREEL_CALLED void use_freed() {
  int* block = unknown(static_cast<int*>(std::calloc(8, sizeof(int))));
  std::free(block);
  sink = unknown(block)[1];
}

CRASHREEL_CALLED void index_badly() {
  static int few[4];
  sink = few[nine - 4];
}
CRASHREEL_CALLED void add_too_much() {
  sink = nine + 0x7ffffff9;
}

CRASHREEL_CALLED void branch_on_nothing() {
  int* block = unknown(static_cast<int*>(std::malloc(8 * sizeof(int))));
  if (block[1] == 77) sink = 1;
  std::free(block);
}
CRASHREEL_CALLED void index_by_nothing() {
  int* block = unknown(static_cast<int*>(std::malloc(8 * sizeof(int))));
  static int few[8];
  if ((block[2] & 4) != 0) sink = few[1];
  std::free(block);
}

// The other thread is always the first: it says so, and that orders nothing.
volatile int shared;
volatile int counter;
std::atomic<bool> written;

void* write_shared(void*) {
  shared = 1;
  written.store(true, std::memory_order_relaxed);
  return nullptr;
}
void* write_counter(void*) {
  counter = 1;
  written.store(true, std::memory_order_relaxed);
  return nullptr;
}
CRASHREEL_CALLED void race_for_shared() {
  pthread_t other;
  pthread_create(&other, nullptr, write_shared, nullptr);
  while (!written.load(std::memory_order_relaxed)) continue;
  shared = 2;
  pthread_join(other, nullptr);
}
CRASHREEL_CALLED void race_for_counter() {
  pthread_t other;
  pthread_create(&other, nullptr, write_counter, nullptr);
  while (!written.load(std::memory_order_relaxed)) continue;
  counter = 2;
  pthread_join(other, nullptr);
}

CRASHREEL_CALLED void forget_name() {
  std::strcpy(unknown(static_cast<char*>(std::malloc(100))), "name");
}
CRASHREEL_CALLED void forget_list() {
  std::strcpy(unknown(static_cast<char*>(std::malloc(200))), "list");
}
// What still lies on the stack may look like somebody who remembers.
CRASHREEL_CALLED void write_over_stack() {
  char filler[4096];
  std::memset(unknown(&filler[0]), 0, sizeof filler);
  unknown(&filler[0]);
}

struct Word {
  const char* word;
  void (*act)();
};
const Word kWords[] = {
    {"RUN_OVER", run_over},       {"USE_FREED", use_freed},      {"INDEX", index_badly},
    {"ADD", add_too_much},        {"BRANCH", branch_on_nothing}, {"CHOOSE", index_by_nothing},
    {"SHARED", race_for_shared},  {"COUNTER", race_for_counter}, {"FORGET_NAME", forget_name},
    {"FORGET_LIST", forget_list},
};

CRASHREEL_CALLED void obey(const char* word) {
  for (const Word& known : kWords) {
    if (std::strcmp(known.word, word) == 0) known.act();
  }
  write_over_stack();
}

}  // namespace

int main() {
  static char word[64];
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, word, sizeof word - 1)) > 0) {
    word[got] = 0;
    obey(word);
  }
}
