// A server that, at its first line, writes nonsense over all memory that it shares with others, and
// then aborts. Who started it must not believe a word of it.
//
//   vandal PORT
#include <cstdint>
#include <cstring>
#include <fstream>

#include "tests/zoo/lines.h"

namespace {

void deface_shared_memory() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) != 3) continue;
    if (std::string(access) != "rw-s") continue;
    std::memset(reinterpret_cast<void*>(begin), 0x7f, end - begin);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const int fd = ::accept(listener, nullptr, nullptr);
  std::string unread;
  if (!zoo::read_some(fd, unread)) return 1;
  deface_shared_memory();
  std::abort();
}
