// A server each line of which changes something that the kernel or its memory holds, and is
// answered with the whole state: who has not been put back to where it began answers otherwise.
//
//   restless PORT
//     MAP  UNMAP  GROW  PROTECT  HANDLE  MOVE  MASK  OPEN  CLOSE  FORK  THREAD  TIMER  SAY
//     DEFACE  changes a byte of each page of a large mapping that is not its own, and aborts
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/zoo/epoll_lines.h"

namespace {

constexpr std::size_t kRegionBytes = 64 * 4096;

int lines_taken = 0;
int handled = 0;

char* map_region() {
  void* memory =
      ::mmap(nullptr, kRegionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

// The only one of that size that a program as small as this finds in its own memory is the
// player's.
void deface() {
  constexpr std::uintptr_t kLarge = 64ull << 20;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) != 3) continue;
    if (std::string(access) != "rw-p" || end - begin < kLarge) continue;
    for (std::uintptr_t page = begin; page < begin + (kLarge >> 3); page += 4096) {
      *reinterpret_cast<char*>(page + 128) ^= 1;
    }
  }
  std::abort();
}

struct State {
  std::vector<char*> regions = {map_region()};
  std::vector<std::string> words;
  int spare = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

  void change(const std::string& what) {
    if (what == "MAP") regions.push_back(map_region());
    if (what == "UNMAP" && !regions.empty()) {
      ::munmap(regions.front(), kRegionBytes);
      regions.erase(regions.begin());
    }
    if (what == "GROW") {
      for (int i = 0; i < 2000; ++i) words.push_back(std::string(200, 'x'));
    }
    if (what == "PROTECT") ::mprotect(regions.front(), kRegionBytes, PROT_READ);
    if (what == "HANDLE") ::signal(SIGUSR1, [](int) { ++handled; });
    if (what == "MOVE") {
      ::mkdir("below", 0700);
      (void)!::chdir("below");
    }
    if (what == "MASK") ::umask(0077);
    if (what == "OPEN") ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (what == "CLOSE") ::close(spare);
    if (what == "FORK") {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      int status = 0;
      ::waitpid(child, &status, 0);
    }
    if (what == "THREAD") std::thread([] { ++handled; }).join();
    if (what == "DEFACE") deface();
    if (what == "TIMER") {
      itimerval hour = {{0, 0}, {3600, 0}};
      ::setitimer(ITIMER_VIRTUAL, &hour, nullptr);
    }
  }

  std::string told() {
    ++lines_taken;
    struct sigaction action = {};
    ::sigaction(SIGUSR1, nullptr, &action);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    itimerval left = {};
    ::getitimer(ITIMER_VIRTUAL, &left);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    int written = 0;
    if (!regions.empty()) {
      written = ++regions.back()[kRegionBytes / 2];
      written += regions.front()[kRegionBytes / 2];
    }
    return std::to_string(lines_taken) + " " + std::to_string(handled) + " " +
           std::to_string(regions.size()) + " " + std::to_string(words.size()) + " " +
           std::to_string(written) + " " + (action.sa_handler == SIG_DFL ? "default " : "ours ") +
           std::filesystem::current_path().filename().string().substr(0, 5) + " " +
           std::to_string(mask) + " " + std::to_string(next) + " " +
           (left.it_value.tv_sec > 0 ? "runs" : "stands") + "\n";
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const int set = zoo::set_with(listener);
  State state;
  zoo::serve_lines(set, listener, [&](const std::string& line) {
    state.change(line);
    return state.told();
  });
}
