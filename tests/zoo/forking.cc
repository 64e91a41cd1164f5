// A server of the oldest kind: a process for each connection.
//
//   forking PORT [alone]
//
//   ADD n    -> the sum of what was added in this session, or ERR after SEAL
//   SEAL     -> OK: nothing is added any more
//   ENDED    -> how many sessions had ended when this one began
//   REST n   -> OK, n milliseconds later
//   END      -> hangs up; the process ends
//
// "alone": one session at a time, whose end is waited for; else as many as come.
//
// The bug: after SEAL an ADD of 0 looks into the ledger that SEAL took away. It ends the session's
// process, and no other. Known minimum (forking.json): 2 inputs on 1 session, 11 bytes.
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "tests/zoo/lines.h"

namespace {

volatile sig_atomic_t ended = 0;

void reap(int) {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) ended = ended + 1;
}

struct Session {
  long ledger = 0;
  long* sum = &ledger;
};

void add(Session& session, long number) {
  volatile long* const sum = session.sum;
  *sum = *sum + number;
}

std::string answer_to(const std::string& line, Session& session) {
  const long number = std::atol(line.substr(line.find(' ') + 1).c_str());
  if (line.starts_with("ADD ")) {
    if (session.sum == nullptr && number != 0) return "ERR\n";
    add(session, number);
    return std::to_string(*session.sum) + "\n";
  }
  if (line == "SEAL") return session.sum = nullptr, "OK\n";
  if (line == "ENDED") return std::to_string(ended) + "\n";
  if (line.starts_with("REST ")) return ::usleep(static_cast<unsigned>(number) * 1000), "OK\n";
  return "ERR\n";
}

void serve(int fd) {
  Session session;
  std::string unread;
  while (zoo::read_some(fd, unread)) {
    for (std::string line; zoo::take_line(unread, line);) {
      if (line == "END") return;
      zoo::answer(fd, answer_to(line, session));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  const bool alone = argc > 2 && std::strcmp(argv[2], "alone") == 0;
  struct sigaction action{};
  action.sa_handler = alone ? SIG_DFL : reap;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGCHLD, &action, nullptr);
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(listener);
      serve(fd);
      ::_exit(0);
    }
    ::close(fd);
    if (alone && child > 0 && ::waitpid(child, nullptr, 0) == child) ended = ended + 1;
  }
}
