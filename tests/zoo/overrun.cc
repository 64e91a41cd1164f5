// A server that is broken long before it dies.
//
//   overrun PORT
//
// One line is one request:
//   NAME text   -> OK: the session is called so
//   PING        -> PONG
//   other       -> the line
// and of five requests, whoever sent them, the fifth is written down.
//
// The bug: a name longer than 23 bytes runs over its block of the heap into the next, which says
// where to write down. Known truth (overrun.json): the poison is the input with the long name, the
// trigger the fifth request, whatever it says. Built with AddressSanitizer, too (overrun_asan),
// which stops at the poison.
#include <poll.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

constexpr int kWrittenDown = 5;

struct Journal {
  long* last;  // the request that was written down
  long filler[2];
};

struct Office {
  char* name = static_cast<char*>(std::malloc(24));
  Journal* journal = static_cast<Journal*>(std::malloc(sizeof(Journal)));
  long requests = 0;
  long last = 0;
};

[[gnu::noinline]] void name_it(Office& office, const std::string& name) {
  std::memcpy(office.name, name.data(), name.size());  // the planted bug: of any size
  asm volatile("" : : "r"(office.name) : "memory");
}

[[gnu::noinline]] void write_down(Office& office) {
  *office.journal->last = office.requests;
  asm volatile("" : : "r"(office.journal) : "memory");
}

std::string answer_to(Office& office, const std::string& line) {
  std::string answer = line == "PING" ? "PONG" : line;
  if (line.starts_with("NAME ")) {
    name_it(office, line.substr(5));
    answer = "OK";
  }
  if (++office.requests % kWrittenDown == 0) write_down(office);
  return answer + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  Office office;
  office.journal->last = &office.last;
  std::map<int, std::string> sessions;
  for (;;) {
    std::vector<pollfd> watched = {{listener, POLLIN, 0}};
    for (const auto& [fd, unread] : sessions) watched.push_back({fd, POLLIN, 0});
    if (::poll(watched.data(), watched.size(), -1) < 1) continue;
    if (watched[0].revents != 0) sessions[::accept(listener, nullptr, nullptr)];
    for (std::size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      const int fd = watched[i].fd;
      const bool open = zoo::read_some(fd, sessions[fd]);
      for (std::string line; zoo::take_line(sessions[fd], line);) {
        zoo::answer(fd, answer_to(office, line));
      }
      if (open) continue;
      ::close(fd);
      sessions.erase(fd);
    }
  }
}
