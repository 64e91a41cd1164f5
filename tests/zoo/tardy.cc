// A server that opens its ports late: the first one 50 ms after its start, by a timer that is a
// descriptor, a second one when it is told to.
//
//   tardy PORT
//
// "OPEN PORT" is answered with OK, other lines with the port that they came by.
#include <poll.h>
#include <sys/timerfd.h>

#include <vector>

#include "tests/zoo/lines.h"

namespace {

struct Descriptor {
  int fd;
  std::string port;
  bool listens;
  std::string unread = {};
};

void wait_a_little() {
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec little = {{0, 0}, {0, 50'000'000}};
  ::timerfd_settime(timer, 0, &little, nullptr);
  char often[8];
  if (::read(timer, often, sizeof often) != sizeof often) std::exit(1);
  ::close(timer);
}

// False: it is over.
bool serve(Descriptor& session, std::vector<Descriptor>& all) {
  if (!zoo::read_some(session.fd, session.unread)) return false;
  const int fd = session.fd;
  const std::string port = session.port;
  for (std::string line; zoo::take_line(session.unread, line);) {
    const bool opens = line.starts_with("OPEN ");
    zoo::answer(fd, (opens ? "OK" : port) + "\n");
    if (!opens) continue;
    const std::string further = line.substr(5);
    all.push_back({zoo::listen_on(further.c_str()), further, true});
    break;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  wait_a_little();
  const std::string first = argc > 1 ? argv[1] : "0";
  std::vector<Descriptor> all = {{zoo::listen_on(first.c_str()), first, true}};
  for (;;) {
    std::vector<pollfd> wanted;
    for (const Descriptor& one : all) wanted.push_back({one.fd, POLLIN, 0});
    if (::poll(wanted.data(), wanted.size(), -1) < 0) return 1;
    for (std::size_t i = wanted.size(); i-- > 0;) {
      if (wanted[i].revents == 0) continue;
      if (all[i].listens) {
        all.push_back({::accept(all[i].fd, nullptr, nullptr), all[i].port, false});
      } else if (!serve(all[i], all)) {
        ::close(all[i].fd);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
}
