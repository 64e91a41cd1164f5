// A server that tells how its clients part.
//
//   parting PORT
//
// A number is added to the session's sum. Who sends no more gets that sum, and is then done; of who
// is gone by a reset the sum stays as a debt. "ASK" is answered with how many went in each way.
// The bug: "PAY" goes through the first debtor's session, which is no more.
#include <poll.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

struct Session {
  std::string unread;
  int sum = 0;
};

int ends = 0;
int resets = 0;
Session nobody;
Session* debtor = &nobody;

[[gnu::noinline]] void pay() {
  *const_cast<volatile int*>(&debtor->sum) = 0;
}

void handle(const std::string& line, int fd, Session& session) {
  if (line == "PAY") pay();
  session.sum += std::atoi(line.c_str());
  const std::string told = "ends " + std::to_string(ends) + ", resets " + std::to_string(resets);
  zoo::answer(fd, (line == "ASK" ? told : "OK") + "\n");
}

// False: the session is over.
bool serve(int fd, Session& session) {
  char buffer[4096];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got < 0) {
    ++resets;
    debtor = nullptr;
    return false;
  }
  if (got == 0) {
    ++ends;
    zoo::answer(fd, "sum " + std::to_string(session.sum) + "\n");
    return false;
  }
  session.unread.append(buffer, static_cast<std::size_t>(got));
  for (std::string line; zoo::take_line(session.unread, line);) handle(line, fd, session);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  std::map<int, Session> sessions;
  for (;;) {
    std::vector<pollfd> fds = {{listener, POLLIN, 0}};
    for (const auto& [fd, session] : sessions) fds.push_back({fd, POLLIN, 0});
    if (::poll(fds.data(), fds.size(), -1) <= 0) continue;
    for (std::size_t i = 1; i < fds.size(); ++i) {
      const int fd = fds[i].fd;
      if (fds[i].revents == 0 || serve(fd, sessions[fd])) continue;
      ::close(fd);
      sessions.erase(fd);
    }
    if (fds[0].revents != 0) sessions[::accept(listener, nullptr, nullptr)];
  }
}
